// node relay_compile.mjs SDL FOLDER: has relay-compiler accept the documents of `relay/`, and leaves its artifacts in FOLDER.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , sdl, folder] = process.argv;
cpSync(new URL('relay/', import.meta.url), folder, { recursive: true });
copyFileSync(sdl, join(folder, 'schema.graphql'));
mkdirSync(join(folder, 'src/artifacts'));
const compiler = createRequire(import.meta.url).resolve('relay-compiler/cli.js');
for (const mode of [[], ['--validate']]) {
  const { status } = spawnSync(process.execPath, [compiler, ...mode, 'relay.config.json'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
