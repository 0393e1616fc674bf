package results

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/headroom-erp/headroom"
)

// A StorePart is what one process writes of a run in a store. It implements
// headroom.Recorder: Record only copies; one goroutine writes, everything that
// waits in one transaction, so that a distant store is not asked for each row.
type StorePart struct {
	writer *RunWriter
	name   string
	part   int32
	conn   *pgx.Conn
	fields fields
	seq    map[string]int64 // rows so far, by table

	mu      sync.Mutex
	moved   sync.Cond // rows were committed, or err was set
	open    *headroom.Records
	spare   *headroom.Records
	openN   int
	taken   uint64 // rows so far
	written uint64 // of them, committed
	err     error
	closed  bool
	closing sync.Once

	kick   chan struct{} // enough waits, or somebody wants a flush
	quit   chan struct{}
	done   chan struct{}
	failed chan struct{} // closed with the first error
}

var _ headroom.Recorder = (*StorePart)(nil)

func newStorePart(w *RunWriter, name string) *StorePart {
	p := &StorePart{
		writer: w, name: name, fields: fields{ids: map[string]int64{}}, seq: map[string]int64{},
		open: &headroom.Records{}, spare: &headroom.Records{},
		kick: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}), failed: make(chan struct{}),
	}
	p.moved.L = &p.mu
	return p
}

// Record takes the records: they are committed within a second. It blocks while
// too many rows wait for the store. Its error is final.
func (p *StorePart) Record(rs headroom.Records) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.taken-p.written >= maxWaiting && p.err == nil && !p.closed {
		p.moved.Wait()
	}
	if p.err != nil {
		return p.err
	}
	if p.closed {
		return fmt.Errorf("results: part %s of the store is closed", p.name)
	}
	o, n := p.open, rowsIn(&rs)
	o.Journeys = append(o.Journeys, rs.Journeys...)
	o.Requests = append(o.Requests, rs.Requests...)
	o.Server = append(o.Server, rs.Server...)
	o.Samples = append(o.Samples, rs.Samples...)
	o.Gaps = append(o.Gaps, rs.Gaps...)
	o.Documents = append(o.Documents, rs.Documents...)
	p.openN += n
	p.taken += uint64(n)
	if p.openN >= chunkRows {
		p.wake()
	}
	return nil
}

func (p *StorePart) wake() {
	select {
	case p.kick <- struct{}{}:
	default: // it is awake already and looks again
	}
}

// Flush returns when everything that was recorded before it is committed.
func (p *StorePart) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for until := p.taken; p.written < until && p.err == nil; {
		p.wake()
		p.moved.Wait()
	}
	return p.err
}

// Failed is closed when the store takes no more; Err says why.
func (p *StorePart) Failed() <-chan struct{} { return p.failed }

// Err is the final error, nil while there is none.
func (p *StorePart) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Close commits what waits and ends the connection. It may be called twice.
func (p *StorePart) Close() error {
	p.closing.Do(func() {
		p.mu.Lock()
		p.closed = true
		p.moved.Broadcast()
		p.mu.Unlock()
		close(p.quit)
		<-p.done
		hangUp(p.conn)
	})
	return p.Err()
}

// write is the goroutine that owns the connection.
func (p *StorePart) write() {
	defer close(p.done)
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			p.pass()
			return
		case <-p.kick:
		case <-tick.C:
		}
		p.pass()
	}
}

// pass commits everything that waits.
func (p *StorePart) pass() {
	p.mu.Lock()
	if p.openN == 0 || p.err != nil {
		p.mu.Unlock()
		return
	}
	c, n := p.open, p.openN
	p.open, p.openN, p.spare = p.spare, 0, nil
	p.mu.Unlock()

	err := p.commit(c, n)

	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.err = p.writer.store.explain("taking rows", err)
		close(p.failed)
		p.open, p.openN = &headroom.Records{}, 0 // nobody will write them
	} else {
		p.written += uint64(n)
	}
	empty(c)
	p.spare = c
	p.moved.Broadcast()
}

// commit writes records in one transaction. A COPY each for words and tables is
// the quickest that PostgreSQL can take.
func (p *StorePart) commit(c *headroom.Records, n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), p.writer.store.patience)
	defer cancel()
	copies := p.encode(c)
	size := 0
	for _, one := range copies {
		size += len(one.data)
	}
	pg := p.conn.PgConn()
	// The part's row goes first: a deletion of the run waits for us there, or has
	// taken it away and we end.
	begun, err := pg.Exec(ctx, fmt.Sprintf("BEGIN; UPDATE headroom.part SET rows = rows + %d, bytes = bytes + %d, written = now() WHERE run = %d AND part = %d", n, size, p.writer.run, p.part)).ReadAll()
	if err != nil {
		return err
	}
	if begun[1].CommandTag.RowsAffected() != 1 {
		return p.writer.gone(pgx.ErrNoRows)
	}
	for _, one := range copies {
		if _, err := pg.CopyFrom(ctx, bytes.NewReader(one.data), one.sql); err != nil {
			return err
		}
	}
	_, err = pg.Exec(ctx, "COMMIT").ReadAll()
	return err
}

// A copyOut is the data of one COPY.
type copyOut struct {
	sql  string
	data []byte
}

// encode makes the COPYs of records; that of the words that they need is first.
func (p *StorePart) encode(c *headroom.Records) []copyOut {
	copies := []copyOut{{}}
	copies = encodeRows(p, copies, &storeJourneys, c)
	copies = encodeRows(p, copies, &storeRequests, c)
	copies = encodeRows(p, copies, &storeServer, c)
	copies = encodeRows(p, copies, &storeSamples, c)
	copies = encodeRows(p, copies, &storeGaps, c)
	copies = encodeRows(p, copies, &storeDocuments, c)
	fresh := p.fields.fresh
	if len(fresh) == 0 {
		return copies[1:]
	}
	f := &p.fields
	f.out = append([]byte(nil), copyHead...)
	for _, w := range fresh {
		f.begin(4)
		f.putInt32(p.writer.run)
		f.putInt32(p.part)
		f.put64(uint64(f.ids[w]))
		f.putText(w)
	}
	f.fresh = fresh[:0]
	copies[0] = copyOut{"COPY headroom.words (run, part, id, word) FROM STDIN (FORMAT binary)", append(f.out, copyTail...)}
	return copies
}

func encodeRows[T any](p *StorePart, copies []copyOut, t *storeTable[T], c *headroom.Records) []copyOut {
	rows := t.rows(c)
	if len(rows) == 0 {
		return copies
	}
	f, seq, width := &p.fields, p.seq[t.name], 3+t.width()
	f.out = append(make([]byte, 0, 256*len(rows)+64), copyHead...)
	for i := range rows {
		seq++
		f.begin(width)
		f.putInt32(p.writer.run)
		f.putInt32(p.part)
		f.put64(uint64(seq))
		t.visit(f, &rows[i])
	}
	p.seq[t.name] = seq
	return append(copies, copyOut{t.copyIn(), append(f.out, copyTail...)})
}

// JoinPart opens a part of a run that another process began, in the store at
// url: Store.Join and RunWriter.Part at once.
func JoinPart(ctx context.Context, url headroom.Secret, run, name string) (*StorePart, error) {
	s, err := OpenStore(ctx, url)
	if err != nil {
		return nil, err
	}
	w, err := s.Join(ctx, run)
	if err != nil {
		return nil, err
	}
	return w.Part(ctx, name)
}
