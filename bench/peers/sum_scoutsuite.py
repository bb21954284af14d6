"""What a first script does with a ScoutSuite report: load it, sum the counters of each service."""

import json
import resource
import sys
import time

start = time.perf_counter()
with open(sys.argv[1], encoding="utf-8") as file:
    file.readline()
    report = json.load(file)
checked = flagged = resources = 0
for service in report["last_run"]["summary"].values():
    checked += service["checked_items"]
    flagged += service["flagged_items"]
    resources += service["resources_count"]
seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "seconds": seconds,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakBytes": usage.ru_maxrss * 1024,
            "facts": {"checked": checked, "flagged": flagged, "resources": resources},
        }
    )
)
