// SPDX-License-Identifier: MIT
// Vitest runs this once before the files of a project that start the composed system.
import type { TestProject } from 'vitest/node';
import { composedImages, preparedIn } from './composed-images.ts';

export default async function setup({ config }: TestProject): Promise<void> {
  // Workers get the environment of the project, not this one.
  config.env = { ...config.env, [preparedIn]: await composedImages() };
}
