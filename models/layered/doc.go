// Package layered is the analytic solver of a headroom.System: a request holds
// a worker while it uses the stations, so the pool is a queue whose servers
// are themselves slowed by the stations. It shares no code that computes with
// package sim. Times are in seconds, rates in 1/s.
//
// Method, for one pool of W workers over processor-sharing stations:
//
//  1. The stations with n requests in them, n = 1 to W, are a closed
//     product-form network of load-dependent stations (capacity min(n, c), c
//     may be fractional) and a delay. Its throughput X(n) and mean queues come
//     from the convolution algorithm (Buzen 1973). Classes are aggregated by
//     their throughput, which product form allows under processor sharing.
//     Requests that hold no worker are open customers of the same network,
//     folded exactly into the stations' capacities.
//  2. The pool is a birth-death process with death rate X(min(n, W)), the
//     flow-equivalent server (Chandy, Herzog, Woo 1975; for pools
//     Avi-Itzhak and Heyman 1973). It is exact for exponential demands with
//     equal routing. Closed customers make its birth rate fall with n.
//  3. The wait for a worker is then multiplied by (1 + SCV)/2, where SCV is
//     that of the time a worker is held over all classes, as Allen and Cunneen
//     do for M/G/c and Zhang and Zwart (2008) for limited processor sharing.
//  4. Conflicts: a try of a transaction loses with probability 1 - exp(-E),
//     E the expected number of rivals that commit one of its rows between its
//     start and its touch, or hold one then. A try's duration, the number of
//     tries and the sleeps follow from it, and all is iterated to a fixed point.
//  5. Percentiles are those of a log-normal distribution with the mean and an
//     approximate variance of the response.
//
// Known errors: demands of little spread make step 3 too low for few busy
// workers among many (as Allen-Cunneen is); a finite backlog is taken as
// unbounded; several pools see one another as open load only; percentiles have
// two moments only. CAPACITY.md names the sizes of such errors; package sim has
// none of them.
package layered
