// Package sim is the discrete-event simulator of a headroom.System: one heap,
// one clock, handlers; no goroutine per customer. It simulates the description
// exactly, where package layered approximates it; the two share no code that
// computes. Systems whose requests meet in queues alone take a shorter way to
// the same figures (type bare). Times are in seconds, rates in 1/s.
//
// What the description leaves open is decided here:
//
//   - A request's demand at each station is drawn once for each try: by its
//     quantiles, where it has them, in straight lines between them; else
//     constant for an SCV of 0, exponential for exactly 1 (and when none is
//     given), log-normal with the mean and SCV otherwise. It is split evenly over the
//     slices of its alternation: database_calls+1 at home (headroom.Class)
//     around database_calls at every other station. A fractional number of
//     calls or visits is its integer part, and one more with the probability
//     of the rest.
//   - Stations share their processors: n requests at c servers progress at
//     min(1, c/n) each.
//   - Delay comes in the middle of the slices; overhead comes after the worker
//     was left. Both are constant or, with delay_scv and overhead_scv, of the
//     same laws as demands. A step's think time and open interarrival times are
//     exponential, the pause between a closed customer's journeys too unless
//     think_scv says otherwise.
//   - A class with every starts at half of it, and each time it has passed again.
//   - A pool with a full backlog refuses a connection, which is tried again
//     1, 3, 7, 15, 31 and 63 s after the first try, and fails at 127 s: Linux'
//     SYN retransmission with its default of six retries.
//   - A request is given its replica when it first asks for a worker, and keeps
//     it, also when that one's backlog refuses it. Ties of least connections go
//     round. Workers of a host take requests in turn: the one that has been idle
//     for longest is next.
//   - Loading a registry is constant work at the class' home station (none for
//     a class without demand), before the request's own, and no part of its
//     transaction. A recycled worker starts anew after its last request's end.
//   - Workers taken away are the last ones: of a pool without replicas those of
//     its only host; else the last replicas, and of the last one that stays
//     those that are too many. More than there were make further replicas, or a
//     larger only host. Where workers are lost, the requests that they hold
//     fail, their transactions are rolled back, and so fail those that wait
//     before a replica without any worker left; where they are merely taken
//     away, they finish, and who waits there goes to another replica. Without
//     any replica a request fails at once.
//   - A journey that takes a document takes it when it begins, from those of
//     its tenant and site; the tenant is that of its first request. Where it
//     fails the document lies there again, before the others. What a journey
//     makes lies there when its last answer has come: the document that it took,
//     or its own.
//   - Rows are a tenant's own: of the class, where it names one, else of the journey.
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
// An event is a journey's arrival, the end of a slice of work, of a delay, a
// sleep or a pause, a connection that is tried again, or anything else that the
// clock moves to; what follows at the same instant (a worker is given, a row is
// locked) is none. Result.Events and the benchmarks count those.
//
// Every draw belongs to a journey, its request and the try, and to nothing
// else: the same journey demands the same under any number of workers, so
// that comparisons are paired.
package sim
