/** Links in a model's folder: which of them are followed when its files go along with weights. */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { companionsOf } from '../../../extension/formats/huggingface/companions.ts';
import { readCompanion } from '../../../extension/formats/huggingface/companionPlace.ts';
import { temporaryFolder } from '../../temporary.ts';

const root = await temporaryFolder();
const SECRET = join(root, 'home', '.ssh', 'id_rsa');
const BLOB = '4'.repeat(40);

const put = async (path: string, text = '{}') => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};
const link = async (path: string, target: string) => {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
};

await put(SECRET, 'secret');
const model = join(root, 'model');
await put(join(model, 'config.json'));
await link(join(model, 'tokenizer.json'), 'config.json');
await link(join(model, 'vocab.txt'), SECRET);
await link(join(model, 'merges.txt'), '../home/.ssh/id_rsa');
await link(join(model, 'notice.txt'), 'gone');
await put(join(root, 'home', 'templates', 'a.jinja'));
await link(join(model, 'additional_chat_templates'), '../home/templates');

test('links within the folder are followed, and no others', async () => {
  const { names, warnings } = await companionsOf(model);
  expect(names).toEqual(['config.json', 'tokenizer.json']);
  expect(warnings).toEqual([
    `${model}: additional_chat_templates/a.jinja, merges.txt, vocab.txt are not copied, ` +
      "they are links out of the model's folder; put the files themselves there",
  ]);
});

test("a snapshot's links into the blobs of the Hub's cache are followed, and not those of the blobs", async () => {
  const cached = join(root, 'hub', 'models--a--b');
  const snapshot = join(cached, 'snapshots', 'c0ffee');
  await put(join(cached, 'blobs', BLOB));
  await link(join(snapshot, 'config.json'), `../../blobs/${BLOB}`);
  await link(join(root, 'mine', 'config.json'), join(snapshot, 'config.json'));
  await link(join(cached, 'blobs', '5'.repeat(40)), SECRET);
  await link(join(snapshot, 'vocab.txt'), `../../blobs/${'5'.repeat(40)}`);
  const found = await companionsOf(snapshot);
  expect(found.names).toEqual(['config.json']);
  expect(found.warnings).toEqual([
    `${join(snapshot, 'vocab.txt')}: not copied, it is a link out of the model's folder; put the file itself there`,
  ]);
  expect((await companionsOf(join(root, 'mine'))).names).toEqual(['config.json']);
});

test('a file that became a link since it was listed is not read', async () => {
  const file = join(root, 'swapped', 'vocab.txt');
  await put(file);
  expect((await companionsOf(dirname(file))).names).toEqual(['vocab.txt']);
  await rm(file);
  await link(file, SECRET);
  await expect(readCompanion(dirname(file), 'vocab.txt', 100)).rejects.toThrow(
    `${file}: a link out of the model's folder; not followed`,
  );
});
