// Writes the protobuf descriptors that @zitadel/proto embeds in its modules as one FileDescriptorSet.
//
//   node export_descriptors.mjs OUT.binpb
//
// Its directory must contain the node_modules that `npm ci` installs from protos/package-lock.json.

import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const [out] = process.argv.slice(2);
const modules = join(dirname(fileURLToPath(import.meta.url)), "node_modules/@zitadel/proto/es");

// Dependencies come first, as in protoc's own sets. Files are sorted by name, so the output is reproducible.
const files = new Map();
function add(file) {
  if (files.has(file.proto.name)) return;
  for (const dependency of file.dependencies) add(dependency);
  files.set(file.proto.name, file.proto);
}

const paths = (await readdir(modules, { recursive: true })).filter((path) => path.endsWith("_pb.js")).sort();
for (const path of paths) {
  for (const value of Object.values(await import(pathToFileURL(join(modules, path))))) {
    if (value?.kind === "file") add(value);
  }
}
if (files.size === 0) throw new Error(`no descriptors under ${modules}`);
await writeFile(out, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...files.values()] })));
