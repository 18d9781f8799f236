// The version, from the package's own manifest, which lies one folder up from the bundle.

import { createRequire } from "node:module";

export const VERSION = (createRequire(import.meta.url)("../package.json") as { version: string }).version;
