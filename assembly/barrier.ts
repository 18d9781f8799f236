// A reusable barrier for the threads of a team. Three words (i32) at address `barrier`, in shared memory:
//
//   | threads that have arrived | number of this meeting | broken: 1 makes every wait return |

/** Results of a wait: all threads have arrived, the time is up, or the barrier is broken. */
const MET: i32 = 0;
const TIMED_OUT: i32 = 1;
const BROKEN: i32 = 2;

/**
 * Arrives at meeting number `meeting` of `threads` threads. The last to arrive resets the count, advances the number
 * and wakes the others, without waiting; the others wait as in `awaitMeeting`. Returns MET, TIMED_OUT or BROKEN.
 */
export function meet(barrier: usize, meeting: i32, threads: i32, spins: i32, milliseconds: f64): i32 {
  if (atomic.add<i32>(barrier, 1) !== threads - 1) return awaitMeeting(barrier, meeting, spins, milliseconds);
  // The count is reset before the number changes: a thread that sees the new number may arrive at the next meeting at
  // once.
  atomic.store<i32>(barrier, 0);
  atomic.store<i32>(barrier, meeting + 1, 4);
  atomic.notify(barrier + 4, -1);
  return atomic.load<i32>(barrier, 8) === 0 ? MET : BROKEN;
}

/**
 * Waits for a meeting at which this thread has already arrived: polls `spins` times, then sleeps for at most
 * `milliseconds`. A sleeping thread takes microseconds to wake, so short phases are waited for by polling.
 */
export function awaitMeeting(barrier: usize, meeting: i32, spins: i32, milliseconds: f64): i32 {
  for (; spins > 0; spins--) {
    if (atomic.load<i32>(barrier, 4) !== meeting) return MET;
    if (atomic.load<i32>(barrier, 8) !== 0) return BROKEN;
  }
  atomic.wait<i32>(barrier + 4, meeting, <i64>(milliseconds * 1e6));
  if (atomic.load<i32>(barrier, 8) !== 0) return BROKEN;
  return atomic.load<i32>(barrier, 4) !== meeting ? MET : TIMED_OUT;
}

/** Makes every present and future wait at this barrier return BROKEN. */
export function breakBarrier(barrier: usize): void {
  atomic.store<i32>(barrier, 1, 8);
  atomic.notify(barrier + 4, -1);
}
