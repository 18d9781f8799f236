// A helping thread's own side: says that it runs, then joins whatever it is invited to. The build bundles it into a text.

import { join } from "./join.js";
import { ownPort } from "./spawn.js";
import type { Invitation } from "./team.js";

const port = ownPort();
port.listen((invitation) => join(invitation as Invitation));
port.post("ready");
