// The script of a helping thread, which the build bundles into a text. It reports that it has started, and then takes
// part in the work of each network whose memory it is sent.

import { join } from "./join.js";
import { ownPort } from "./spawn.js";
import type { JoinRequest } from "./team.js";

const port = ownPort();
port.listen((request) => join(request as JoinRequest));
port.post("ready");
