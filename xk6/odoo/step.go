package odoo

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/grafana/sobek"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/xk6/internal/child"
)

// database is what `sql.open(driver, …)` takes for the site's database. It is
// a name that only this process' driver knows, not the DSN itself.
func (m *module) database() (string, error) {
	i, p, err := m.serving()
	if err != nil {
		return "", err
	}
	name, ok := p.databases[i.Site().Database]
	if !ok {
		return "", fmt.Errorf("odoo: there is no PostgreSQL access to database %s, which scenario %s reads directly",
			i.Site().Database, i.Process().Scenario)
	}
	return name, nil
}

// step runs fn as one recorded request of protocol "sql".
func (m *module) step(name string, fn sobek.Callable) (sobek.Value, error) {
	i, _, err := m.serving()
	if err != nil {
		return nil, err
	}
	if fn == nil {
		return nil, fmt.Errorf("odoo: step %s has no function", name)
	}
	ctx := m.vu.Context()
	r := headroom.Request{Step: name, Protocol: "sql", Outcome: headroom.OK, Start: m.now()}
	value, err := fn(sobek.Undefined())
	r.End = m.now()
	if err == nil {
		i.Add(r)
		return value, nil
	}
	r.Outcome, r.Error = sqlOutcome(err), message(err)
	if ctx.Err() != nil {
		r.Outcome, r.Error = headroom.Aborted, "the run ended"
	}
	i.Add(r)
	var interrupted *sobek.InterruptedError
	if errors.As(err, &interrupted) {
		return nil, err // nothing may catch it
	}
	return nil, &child.Failure{Outcome: r.Outcome, Message: name + ": " + r.Error}
}

// message is an error's text without the JavaScript stack.
func message(err error) string {
	var e *sobek.Exception
	if errors.As(err, &e) {
		if cause := e.Unwrap(); cause != nil {
			return cause.Error()
		}
		return e.Value().String()
	}
	return err.Error()
}

// sqlOutcome says what became of a read that failed, by PostgreSQL's error
// classes (its documentation, appendix A).
func sqlOutcome(err error) headroom.Outcome {
	var refused *pgconn.PgError
	var network net.Error
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &refused):
		switch code := refused.Code; {
		case code == "40001" || code == "40P01" || code == "55P03":
			return headroom.Conflict
		case code == "57014": // statement_timeout
			return headroom.Timeout
		case code[:2] == "08" || code[:2] == "57": // connection exception, operator intervention (shutdown)
			return headroom.Unreachable
		case code[:2] == "28" || code[:2] == "42": // not allowed, no such table
			return headroom.BusinessError
		}
		return headroom.Fault
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return headroom.Timeout
	case errors.As(err, &network), errors.As(err, &connecting), pgconn.SafeToRetry(err):
		return headroom.Unreachable
	}
	return headroom.Fault
}
