// Package queueing is queueing theory in closed form, and by matrices where
// that is exact too: operational laws, Erlang's formulas, M/M/c, M/G/c, and
// closed networks with one or several classes. It knows no worker pools that
// are held while something else serves: package layered does.
//
// Times are in seconds, rates in 1/s, offered load in Erlang, utilization 0 to
// 1. A figure that does not exist is nil in an Answer, never 0, NaN or
// infinite. Each answer names its method; what is approximate says how far it
// is known to be off.
package queueing
