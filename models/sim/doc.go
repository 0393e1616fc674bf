// Package sim is the discrete-event simulator of a headroom.System: one heap,
// one clock, handlers; no goroutine per customer. It simulates the description
// exactly, where package layered approximates it; the two share no code that
// computes. Times are in seconds, rates in 1/s.
//
// What the description leaves open is decided here:
//
//   - A request's demand at each station is drawn once for each try: constant
//     for an SCV of 0, exponential for exactly 1 (and when none is given),
//     log-normal with the mean and SCV otherwise. It is split evenly over the
//     slices of its alternation: database_calls+1 at home (headroom.Class)
//     around database_calls at every other station. A fractional number of
//     calls or visits is its integer part, and one more with the probability
//     of the rest.
//   - Stations share their processors: n requests at c servers progress at
//     min(1, c/n) each.
//   - Delay is constant and comes in the middle of the slices; overhead comes
//     after the worker was left, constant or, with overhead_scv, of the same
//     laws as demands. Think times and open interarrival times are exponential.
//   - A pool with a full backlog refuses a connection, which is tried again
//     1, 3, 7, 15, 31 and 63 s after the first try, and fails at 127 s: Linux'
//     SYN retransmission with its default of six retries.
//   - A fraction At of a transaction's work is counted in its seconds of
//     demand. Rows of one transaction are drawn without replacement and locked
//     in the order drawn. A non-integer population is rounded up or down at
//     random for each transaction, so that everything is continuous in it; one
//     with a popularity is rounded up.
//   - Rows of a document (documents in a conflict rule) are locked in its
//     order, then those that an intensity above 1 adds. Which they are belongs
//     to the journey, not to the try, and more intensity keeps all of less.
//   - A wait that closes a cycle lasts PostgreSQL's deadlock_timeout of 1 s,
//     and then that transaction loses.
//   - A failed request ends its journey, as a script's does.
//
// Every draw belongs to a journey, its request and the try, and to nothing
// else: the same journey demands the same under any number of workers, so
// that comparisons are paired.
package sim
