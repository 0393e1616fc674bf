package attack

import (
	"context"
	"io"
	"net/http"
	"sync"
)

// cuttable ends every request that is under way when cut is done. vegeta makes
// its requests without a context of ours.
type cuttable struct {
	http.RoundTripper
	cut context.Context
}

// RoundTrip implements http.RoundTripper.
func (c cuttable) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	unhook := context.AfterFunc(c.cut, cancel)
	release := sync.OnceFunc(func() {
		unhook()
		cancel()
	})
	resp, err := c.RoundTripper.RoundTrip(req.WithContext(ctx))
	if err != nil {
		release()
		return nil, err
	}
	resp.Body = body{resp.Body, release}
	return resp, nil
}

// body releases its request's context when it is closed.
type body struct {
	io.ReadCloser
	release func()
}

func (b body) Close() error {
	defer b.release()
	return b.ReadCloser.Close()
}
