/** The functions by which torch's pickles make tensors again (torch/_utils.py, torch/_tensor.py). */
import { PickleFault } from './pickleFaults.ts';
import { Dict, Global, Storage, Tensor, UnreadTensor } from './pickleValues.ts';

type Call = (args: readonly unknown[]) => unknown;

function storageOf(value: unknown): Storage {
  if (value instanceof Storage) return value;
  throw new PickleFault('its pickle makes a tensor of something else than a storage');
}

/** (storage, offset, size, stride, requires_grad, hooks, metadata) */
const tensor: Call = ([storage, offset, shape, strides, , , metadata]) =>
  bits(metadata) ?? new Tensor(storageOf(storage), undefined, offset, shape, strides);

/** The same with the dtype before the metadata: the storage is bytes. */
const typedTensor: Call = ([storage, offset, shape, strides, , , dtype, metadata]) => {
  if (!(dtype instanceof Global)) throw new PickleFault('its pickle makes a tensor without a dtype');
  return bits(metadata) ?? new Tensor(storageOf(storage), dtype.name, offset, shape, strides);
};

/** Bits of a lazy view: the values are not those that are stored. */
function bits(metadata: unknown): UnreadTensor | undefined {
  const set =
    metadata instanceof Dict ? ['conj', 'neg'].filter(bit => metadata.entries.get(bit) === true) : [];
  return set.length > 0 ? new UnreadTensor(`a lazy view (${set.join(', ')})`) : undefined;
}

/** A parameter is its tensor; so is a view of one as a parameter. */
const inner: Call = ([data]) =>
  data instanceof Tensor || data instanceof UnreadTensor
    ? data
    : new UnreadTensor('a parameter without a tensor');

/** (function, class, arguments, state): a subclass of Tensor, made by one of these functions. */
const ofSubclass: Call = ([maker, , args]) => {
  const make = maker instanceof Global ? TENSOR_CALLS.get(maker.path) : undefined;
  return make && make !== ofSubclass && Array.isArray(args)
    ? make(args as unknown[])
    : new UnreadTensor('a tensor of an unknown kind');
};

const unread =
  (what: string): Call =>
  () =>
    new UnreadTensor(what);

export const TENSOR_CALLS: ReadonlyMap<string, Call> = new Map([
  ['torch._utils._rebuild_tensor', tensor],
  ['torch._utils._rebuild_tensor_v2', tensor],
  ['torch._utils._rebuild_tensor_v3', typedTensor],
  ['torch._utils._rebuild_parameter', inner],
  ['torch._utils._rebuild_parameter_with_state', inner],
  ['torch.nn.parameter.Parameter', inner],
  ['torch.nn.parameter.Buffer', inner],
  ['torch._tensor._rebuild_from_type', ofSubclass],
  ['torch._tensor._rebuild_from_type_v2', ofSubclass],
  ['torch._utils._rebuild_qtensor', unread('a quantized tensor')],
  ['torch._utils._rebuild_sparse_tensor', unread('a sparse tensor')],
  ['torch._utils._rebuild_sparse_csr_tensor', unread('a sparse tensor')],
  ['torch._utils._rebuild_nested_tensor', unread('a nested tensor')],
  ['torch._utils._rebuild_meta_tensor_no_storage', unread('a tensor without values (meta)')],
  ['torch._utils._rebuild_wrapper_subclass', unread('a tensor made of others (a subclass)')],
  ['torch._utils._rebuild_device_tensor_from_numpy', unread('a tensor of another device')],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', unread('a tensor of another device')],
  ['torch._utils._rebuild_xla_tensor', unread('a tensor of another device')],
  ['torch.nn.parameter.UninitializedParameter', unread('a parameter without values')],
]);
