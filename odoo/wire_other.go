//go:build !unix

package odoo

import "net"

// alive cannot tell here; a connection that is dead fails when it is written to.
func alive(net.Conn) bool { return true }
