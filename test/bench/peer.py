"""The same work as a plain PyTorch loop: python peer.py tvq|rtvq OUT.safetensors BASE TASK [TASK ...]

Reads every tensor once, quantizes as the paper's code does (one byte a code, nothing packed, no checksums) and saves
the codes. Prints one JSON object.
"""

import json
import sys
import time

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def quantize(x, bits):
    low, high = x.min(), x.max()
    if low == high:
        return None, x
    scale = (2**bits - 1) / (high - low)
    zero = -torch.round(scale * low)
    codes = torch.clamp(torch.round(scale * x + zero), 0, 2**bits - 1)
    return codes.to(torch.uint8), (codes - zero) / scale


scheme, out, base_path, *task_paths = sys.argv[1:]
started = time.time()
base = safe_open(base_path, 'pt')
tasks = [safe_open(path, 'pt') for path in task_paths]
result = {}
for name in base.keys():
    reference = base.get_tensor(name)
    if reference.ndim < 2:
        result.update({f'{t}/{name}': task.get_tensor(name) for t, task in enumerate(tasks)})
        continue
    tuned = [task.get_tensor(name) for task in tasks]
    if scheme == 'rtvq':
        codes, shared = quantize(sum(tuned) / len(tuned) - reference, 3)
        result[f'shared/{name}'] = codes
        reference = reference + shared
    for t, tensor in enumerate(tuned):
        result[f'{t}/{name}'], _ = quantize(tensor - reference, 2)
save_file(result, out)
print(json.dumps({'seconds': time.time() - started, 'threads': torch.get_num_threads()}))
