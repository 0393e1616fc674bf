//go:build unix

package odoo

import (
	"errors"
	"net"
	"syscall"
)

// alive says whether an idle connection is still one: the server has neither
// closed it nor said anything that nobody asked for.
func alive(c net.Conn) bool {
	known, ok := c.(syscall.Conn)
	if !ok {
		return true
	}
	raw, err := known.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	var one [1]byte
	err = raw.Read(func(fd uintptr) bool {
		_, err := syscall.Read(int(fd), one[:])
		quiet = errors.Is(err, syscall.EAGAIN)
		return true // do not wait for anything
	})
	return err == nil && quiet
}
