package results

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
)

// EnvStore is the environment variable that holds the address of a store; with
// _FILE behind it, the path of a file that holds it.
const EnvStore = "HEADROOM_STORE"

// kept is what a failing store costs.
const kept = "what it committed until then is kept"

// refusals say what a server's refusal means, by SQLSTATE or the first two
// characters of it. Its own message may name a user, so it is left out where we
// know better.
var refusals = map[string]headroom.MeasureError{
	"53100": {What: "the store's disk is full", Do: "make room there; " + kept},
	"53200": {What: "the store is out of memory", Do: "give it more; " + kept},
	"53300": {What: "the store takes no more connections", Do: "raise its max_connections, or use fewer generators"},
	"25006": {What: "the store takes no writes: it is a standby, or read only", Do: "name the primary server"},
	"42501": {What: "the store's user may not do that", Do: "give it the rights that docs/bundle.md names"},
	"57P01": {What: "the store shut down, or its administrator ended the connection", Do: kept},
	"57P02": {What: "the store crashed", Do: kept},
	"57P03": {What: "the store is starting or stopping", Do: "try again later"},
}

// mistakes are refusals that whoever named the store can put right.
var mistakes = map[string]headroom.InputError{
	"28":    {What: "the store refuses the login", Do: "check the address' user and password, and the server's pg_hba.conf"},
	"3D000": {What: "the store's database does not exist", Do: "create it, or name another"},
	"42501": {What: "the store's user may not do that", Do: "give it the rights that docs/bundle.md names"},
}

// storeError says what a failed dealing with a store means to whoever must act.
// pgx's errors tell user and database, its parser's even more: none of them is
// wrapped, so that none is ever printed.
func (s *Store) failed(doing string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if m, ok := refusals[pg.Code]; ok {
			return &m
		}
		return &headroom.MeasureError{What: "the store refuses " + doing, Err: errors.New(s.clean(pg.Message) + " (" + pg.Code + ")")}
	}
	if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
		return &headroom.MeasureError{What: "the store did not answer in time while " + doing, Do: kept}
	}
	return &headroom.MeasureError{What: "the connection to the store was lost while " + doing, Err: errors.New(s.clean(err.Error())), Do: kept}
}

// unreachable is failed for the first connection, where most is the user's to
// put right.
func (s *Store) unreachable(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		for _, code := range []string{pg.Code, pg.Code[:min(2, len(pg.Code))]} {
			if m, ok := mistakes[code]; ok {
				m.Where = EnvStore
				return &m
			}
		}
		return s.failed("the connection", err)
	}
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		err = connecting.Unwrap() // without user and database
	}
	// A host that has several addresses, or is tried with and without TLS, fails
	// several times, one line each.
	lines := slices.Compact(strings.Split(strings.TrimSpace(err.Error()), "\n"))
	return &headroom.MeasureError{What: "the store cannot be reached", Err: errors.New(s.clean(strings.Join(lines, "; "))), Do: "check " + EnvStore + ", and that the server runs"}
}

// clean makes a message one line, without the password should it be in it.
func (s *Store) clean(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if s.cfg.Password != "" {
		message = strings.ReplaceAll(message, s.cfg.Password, headroom.Secret("").String())
	}
	return message
}
