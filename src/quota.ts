// The share of the processors that Linux grants a container or a service (cgroups, versions 1 and 2).

/** Reads a text file; undefined if there is none. */
export type ReadText = (path: string) => string | undefined;

const ROOT = "/sys/fs/cgroup";

/** Whole processors of the smallest quota that applies to this process, at least 1; Infinity without one. */
export function processorQuota(read: ReadText): number {
  const groups = read("/proc/self/cgroup") ?? "";
  const [, unified = "/"] = groups.match(/^0::(\S*)$/m) ?? [];
  const [, controlled = "/"] = groups.match(/^\d+:(?:\w+,)*cpu(?:,\w+)*:(\S*)$/m) ?? [];
  const quotas = [
    ...foldersOf(unified).map((folder) => shareOf(read(`${ROOT}${folder}cpu.max`)?.split(" "))),
    ...foldersOf(controlled).map((folder) => {
      const file = (name: string) => read(`${ROOT}/cpu${folder}cpu.cfs_${name}_us`);
      return shareOf([file("quota"), file("period")]);
    }),
  ];
  return Math.max(1, Math.floor(Math.min(...quotas)));
}

/** A group's folder and those above it, whose quotas apply too: "/a/b" gives "/a/b/", "/a/", "/". */
function foldersOf(group: string): string[] {
  const names = group.split("/").filter((name) => name !== "");
  return ["/", ...names.map((_, i) => `/${names.slice(0, i + 1).join("/")}/`)];
}

/** Quota by period, both in microseconds; Infinity where they set no limit ("max", or −1 in version 1). */
function shareOf([quota, period]: readonly (string | undefined)[] = []): number {
  const share = Number(quota) / Number(period);
  return share > 0 ? share : Infinity;
}
