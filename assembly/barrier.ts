// Where threads meet. Three words (i32) at `barrier`, over shared memory:
//
//   | arrived at this meeting | number of this meeting | broken: 1 sends everyone home |

/** What a wait gives: all have met, or the time is up, or the barrier is broken. */
const MET: i32 = 0;
const TIMED_OUT: i32 = 1;
const BROKEN: i32 = 2;

/** Arrives at meeting number `meeting` of `threads`, and waits for the others as `awaitMeeting` does. */
export function meet(barrier: usize, meeting: i32, threads: i32, spins: i32, milliseconds: f64): i32 {
  if (atomic.add<i32>(barrier, 1) !== threads - 1) return awaitMeeting(barrier, meeting, spins, milliseconds);
  atomic.store<i32>(barrier, 0);
  atomic.store<i32>(barrier, meeting + 1, 4);
  atomic.notify(barrier + 4, -1);
  return atomic.load<i32>(barrier, 8) === 0 ? MET : BROKEN;
}

/** Waits for a meeting that this thread has arrived at: looks `spins` times, then sleeps for at most `milliseconds`. */
export function awaitMeeting(barrier: usize, meeting: i32, spins: i32, milliseconds: f64): i32 {
  for (; spins > 0; spins--) {
    if (atomic.load<i32>(barrier, 4) !== meeting) return MET;
    if (atomic.load<i32>(barrier, 8) !== 0) return BROKEN;
  }
  atomic.wait<i32>(barrier + 4, meeting, <i64>(milliseconds * 1e6));
  if (atomic.load<i32>(barrier, 8) !== 0) return BROKEN;
  return atomic.load<i32>(barrier, 4) !== meeting ? MET : TIMED_OUT;
}

/** Sends home whoever waits or will wait. */
export function breakBarrier(barrier: usize): void {
  atomic.store<i32>(barrier, 1, 8);
  atomic.notify(barrier + 4, -1);
}
