import { expect, test } from 'vitest';
import { unopenedModels } from '../../../extension/host/unopenedModels.ts';

test('models by names and sizes alone', () => {
  const files = [
    ['/w/b/model-00001-of-00002.safetensors', 5],
    ['/w/b/model-00002-of-00002.safetensors', 6],
    ['/w/b/model.safetensors.index.json', 1],
    ['/w/a/model.safetensors', 7],
    ['/w/vit/cars.safetensors', 2],
    ['/w/vit/x-1-of-2.safetensors', 3],
    ['/w/vit/x-2-of-2.safetensors', 4],
  ] as const;
  expect(unopenedModels(files.map(([path, bytes]) => ({ path, bytes })))).toEqual([
    { path: '/w/a', bytes: 7, files: 1 },
    { path: '/w/b', bytes: 11, files: 2 },
    { path: '/w/vit/cars.safetensors', bytes: 2, files: 1 },
    { path: '/w/vit/x-1-of-2.safetensors', bytes: 7, files: 2 },
  ]);
});
