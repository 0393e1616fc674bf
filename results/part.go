package results

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/headroom-erp/headroom"
)

//go:embed schema.sql
var schema string

// schemaVersion is PRAGMA user_version of the parts that we write.
const schemaVersion = 1

const (
	// commitEvery leaves half of the second that a Recorder promises to the
	// commit itself.
	commitEvery = 500 * time.Millisecond
	// chunkRows is a full transaction: large enough that its commit costs
	// little, small enough that it is written in some 50 ms.
	chunkRows = 5000
	// maxWaiting rows may wait for the disk before Record blocks. At 100,000
	// rows/s they are written in half a second: waiting longer would break the
	// promise that what was taken is on disk within a second.
	maxWaiting = 50000
	// checkpointPages of 4 KiB in the log are moved into the file: 64 MiB.
	checkpointPages = 16384
)

// A Part is a process's own file of a bundle, open for writing. It implements
// headroom.Recorder: Record only copies; one goroutine writes.
type Part struct {
	path   string
	conn   *db
	ins    inserts
	bind   binder
	pages  int           // checkpointPages
	tidier chan struct{} // closed when the checkpoint that runs has ended; nil without one

	mu      sync.Mutex
	moved   sync.Cond // a chunk was written, or err was set
	open    *headroom.Records
	openN   int
	queue   []*headroom.Records // full chunks, oldest first
	free    []*headroom.Records
	waiting int // rows taken and not committed
	most    int // maxWaiting
	err     error
	closed  bool
	closing sync.Once

	kick chan struct{} // a chunk is full, or somebody wants a flush
	quit chan struct{}
	done chan struct{}
}

var _ headroom.Recorder = (*Part)(nil)

// OpenPart makes a new part at path for the writer of that name. The file must
// not exist: two writers never share one. It returns a *headroom.MeasureError
// when the file cannot be written.
func OpenPart(path, writer string) (*Part, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("results: part %s exists already; each writer needs a name of its own", path)
		}
		return nil, diskError(path, err)
	}
	f.Close()
	p := &Part{
		path: path, bind: binder{words: map[string]int64{}}, open: &headroom.Records{}, most: maxWaiting, pages: checkpointPages,
		kick: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.moved.L = &p.mu
	if err := p.create(writer); err != nil {
		if p.conn != nil {
			p.conn.Close()
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			os.Remove(path + suffix) // ours, and empty; most of these are not there
		}
		return nil, diskError(path, err)
	}
	go p.write()
	return p, nil
}

func (p *Part) create(writer string) (err error) {
	// synchronous=NORMAL: a commit is a write() into the log, which survives a
	// killed process without any fsync; only checkpoints sync, so that after a
	// power loss the file lacks the last moments and is never damaged. FULL
	// would fsync each commit for a loss that a load generator need not survive;
	// OFF could leave a damaged file. SQLite's own checkpoints are off: they are
	// part of a commit, which would wait for the disk (tidy).
	p.conn, err = connect(p.path, "mode=rw", "PRAGMA busy_timeout = 5000", "PRAGMA journal_mode = wal",
		"PRAGMA synchronous = normal", "PRAGMA wal_autocheckpoint = 0")
	if err != nil {
		return err
	}
	// One transaction: a part has its whole schema and version, or none.
	if err := p.conn.exec("BEGIN; " + schema + "; COMMIT"); err != nil {
		return err
	}
	who, err := p.conn.prepare("INSERT INTO part (writer) VALUES (?)")
	if err != nil {
		return err
	}
	defer who.close()
	who.putText(writer)
	if err := who.run(); err != nil {
		return err
	}
	return p.ins.prepare(p.conn)
}

// Record takes the records: they are on disk within a second. It blocks while
// too many rows wait for the disk. Its error is final.
func (p *Part) Record(rs headroom.Records) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.waiting >= p.most && p.err == nil && !p.closed {
		p.moved.Wait()
	}
	if p.err != nil {
		return p.err
	}
	if p.closed {
		return fmt.Errorf("results: part %s is closed", p.path)
	}
	n := rowsIn(&rs)
	p.open.Journeys = append(p.open.Journeys, rs.Journeys...)
	p.open.Requests = append(p.open.Requests, rs.Requests...)
	p.open.Server = append(p.open.Server, rs.Server...)
	p.open.Samples = append(p.open.Samples, rs.Samples...)
	p.open.Gaps = append(p.open.Gaps, rs.Gaps...)
	p.open.Documents = append(p.open.Documents, rs.Documents...)
	p.openN += n
	p.waiting += n
	if p.openN >= chunkRows {
		p.seal()
		p.wake()
	}
	return nil
}

func rowsIn(rs *headroom.Records) int {
	return len(rs.Journeys) + len(rs.Requests) + len(rs.Server) + len(rs.Samples) + len(rs.Gaps) + len(rs.Documents)
}

// seal moves the open chunk into the queue. It needs p.mu.
func (p *Part) seal() {
	if p.openN == 0 {
		return
	}
	p.queue = append(p.queue, p.open)
	p.open, p.openN = &headroom.Records{}, 0
	if n := len(p.free); n > 0 {
		p.open, p.free = p.free[n-1], p.free[:n-1]
	}
}

func (p *Part) wake() {
	select {
	case p.kick <- struct{}{}:
	default: // it is awake already and looks at the queue again
	}
}

// Flush returns when everything that was recorded before it is committed.
func (p *Part) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seal()
	p.wake()
	// Waiting for nothing to wait could last forever beside busy recorders;
	// chunks are written in order, so waiting for the last one is enough.
	if len(p.queue) > 0 {
		last := p.queue[len(p.queue)-1]
		for p.err == nil && p.queued(last) {
			p.moved.Wait()
		}
	}
	return p.err
}

func (p *Part) queued(c *headroom.Records) bool {
	for _, q := range p.queue {
		if q == c {
			return true
		}
	}
	return false
}

// Close commits what waits, moves the log into the file and closes it. It may
// be called twice.
func (p *Part) Close() error {
	p.closing.Do(func() {
		p.mu.Lock()
		p.closed = true
		p.seal()
		p.moved.Broadcast()
		p.mu.Unlock()
		close(p.quit)
		<-p.done
		if p.tidier != nil {
			<-p.tidier
		}
		p.ins.close()
		// Whoever follows the run keeps the log: its contents are moved anyway. If
		// that fails, they are still in the log.
		_, _ = p.conn.checkpoint()
		// The last connection's close checkpoints and removes the -wal file. On a
		// full disk it cannot; the reader recovers the log then.
		err := p.conn.Close()
		p.mu.Lock()
		if err != nil && p.err == nil {
			p.err = diskError(p.path, err)
		}
		p.mu.Unlock()
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// write is the goroutine that owns the connection.
func (p *Part) write() {
	defer close(p.done)
	tick := time.NewTicker(commitEvery)
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			p.drain()
			return
		case <-p.kick:
		case <-tick.C:
			p.mu.Lock()
			p.seal()
			p.mu.Unlock()
		}
		p.drain()
	}
}

// drain commits the queue, one transaction a chunk.
func (p *Part) drain() {
	for {
		p.mu.Lock()
		if len(p.queue) == 0 || p.err != nil {
			p.mu.Unlock()
			return
		}
		c := p.queue[0]
		p.mu.Unlock()

		err := p.commit(c)
		if err == nil {
			p.tidy()
		}

		p.mu.Lock()
		if err != nil {
			p.err = diskError(p.path, err)
			p.queue, p.free = nil, nil // nobody will write them
			p.open, p.openN = &headroom.Records{}, 0
		} else {
			p.queue = p.queue[1:]
			p.waiting -= rowsIn(c)
			empty(c)
			p.free = append(p.free, c)
		}
		p.moved.Broadcast()
		p.mu.Unlock()
	}
}

// tidy keeps the log from growing without end, with commits never waiting long
// for the disk: another connection moves what is in the log into the file and
// syncs it, which can take seconds, while we go on writing. Then the little
// that was added meanwhile is moved here, between two commits; with that the
// next commit begins the log anew. A checkpoint that fails is tried again
// later: what it would have moved stays in the log.
func (p *Part) tidy() {
	if p.tidier == nil {
		if p.conn.pagesWritten(false) < p.pages {
			return
		}
		p.tidier = make(chan struct{})
		go func() {
			defer close(p.tidier)
			if d, err := connect(p.path, "mode=rw"); err == nil {
				_, _ = d.checkpoint()
				_ = d.Close()
			}
		}()
		return
	}
	select {
	case <-p.tidier:
		p.tidier = nil
		_, _ = p.conn.checkpoint()
		p.conn.pagesWritten(true)
	default:
	}
}

// empty makes a chunk ready for reuse without holding on to its texts.
func empty(c *headroom.Records) {
	clear(c.Journeys)
	clear(c.Requests)
	clear(c.Server)
	clear(c.Samples)
	clear(c.Gaps)
	clear(c.Documents)
	c.Journeys, c.Requests, c.Server, c.Samples, c.Gaps, c.Documents =
		c.Journeys[:0], c.Requests[:0], c.Server[:0], c.Samples[:0], c.Gaps[:0], c.Documents[:0]
}
