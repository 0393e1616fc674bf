package probes

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
)

// astray is a server of Redis' protocol that promises an answer longer than any
// memory: its client's package asks for the room and panics.
func astray(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					answer := "+OK\r\n"
					switch command := strings.ToLower(string(buf[:n])); {
					case strings.Contains(command, "hello"):
						answer = "-ERR unknown command\r\n"
					case strings.Contains(command, "info"):
						answer = "$9223372036854775800\r\n"
					}
					fmt.Fprint(c, answer)
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestAnAnswerThatBreaksTheClientIsAGap(t *testing.T) {
	rec, stop := observe(t, Redis{URL: headroom.Secret("redis://" + astray(t) + "/0"), Interval: 20 * time.Millisecond})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) > 0 })
	stop()
	if reason := rec.records().Gaps[0].Reason; !strings.Contains(reason, "broke down") {
		t.Errorf("the reason is %q", reason)
	}
}

// fragile is a probe that breaks down at once.
type fragile struct{}

func (fragile) Name() string { return "fragile" }

func (fragile) Run(context.Context, Clock, headroom.Recorder) error { panic(errors.New("oh")) }

func TestAProbeThatBreaksDownCostsItselfOnly(t *testing.T) {
	rec, stop := observe(t, fragile{})
	eventually(t, "a gap", func() bool { return len(rec.records().Gaps) == 1 })
	stop()
	if reason := rec.records().Gaps[0].Reason; !strings.Contains(reason, "oh") || !strings.Contains(reason, "no more") {
		t.Errorf("the reason is %q", reason)
	}
}
