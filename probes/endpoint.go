package probes

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/headroom-erp/headroom"
)

// An endpoint is an HTTP address with its credentials: USER:PASSWORD before the
// host is basic authentication, a user without a password is a bearer token.
type endpoint struct {
	base           url.URL // without credentials and fragment
	fragment       string
	user, password string
	bearer         string
	client         *http.Client
}

// newEndpoint reads an address. Its errors do not quote it.
func newEndpoint(address headroom.Secret, client *http.Client) (*endpoint, error) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the URL cannot be read; it is http://[USER:PASSWORD@|TOKEN@]HOST:PORT/PATH")
	}
	e := &endpoint{fragment: u.Fragment, client: client}
	if password, basic := u.User.Password(); basic {
		e.user, e.password = u.User.Username(), password
	} else {
		e.bearer = u.User.Username()
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	e.base = *u
	if e.client == nil {
		e.client = &http.Client{} // whoever asks bounds the time
	}
	return e, nil
}

// secrets are what no message may hold: a query may well be a key.
func (e *endpoint) secrets() []string { return []string{e.password, e.bearer, e.base.RawQuery} }

// An answer is an HTTP server's.
type answer struct {
	code   int
	status string // "404 Not Found"
	header http.Header
	body   []byte
}

// get gives an answer with a body of at most limit bytes, whatever its status.
func (e *endpoint) get(ctx context.Context, path string, query url.Values, accept string, limit int64) (answer, error) {
	u := e.base
	if path != "" {
		u.Path = strings.TrimSuffix(u.Path, "/") + path
	}
	if query != nil {
		u.RawQuery = query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{}, errors.New("the URL cannot be read")
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", "headroom-probe")
	switch {
	case e.password != "" || e.user != "":
		req.SetBasicAuth(e.user, e.password)
	case e.bearer != "":
		req.Header.Set("Authorization", "Bearer "+e.bearer)
	}
	resp, err := e.client.Do(req)
	if err != nil {
		var where *url.Error // it quotes the address
		if errors.As(err, &where) {
			err = where.Err
		}
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // only read from
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return answer{}, err
	}
	if int64(len(body)) > limit {
		return answer{}, fmt.Errorf("the answer is larger than %d MiB", limit>>20)
	}
	return answer{resp.StatusCode, resp.Status, resp.Header, body}, nil
}
