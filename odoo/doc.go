// Package odoo holds all that Headroom knows of Odoo, and nothing else: a
// client for its three doors (JSON-RPC with a session, JSON-2 with a bearer
// key, XML-RPC), what differs between the versions 14 to 19, the grammar of
// the request log, the seeding of a database over RPC, and the marker that
// allows load on it.
//
// It offers no load, keeps no clock and measures nothing. Times are
// time.Duration at the edges and float64 seconds in records; sizes are bytes.
package odoo
