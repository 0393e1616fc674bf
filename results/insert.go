package results

import "github.com/headroom-erp/headroom"

// inserts are the prepared statements of a part.
type inserts struct {
	begin, commit, rollback                            *stmt
	word, journey, request, server, smp, gap, document *stmt
}

func (i *inserts) prepare(d *db) error {
	for _, s := range []struct {
		stmt **stmt
		sql  string
	}{
		{&i.begin, "BEGIN IMMEDIATE"}, {&i.commit, "COMMIT"}, {&i.rollback, "ROLLBACK"},
		{&i.word, "INSERT INTO words (id, word) VALUES (?, ?)"},
		{&i.journey, journeys.insert()}, {&i.request, requests.insert()},
		{&i.server, serverRequests.insert()}, {&i.smp, samples.insert()}, {&i.gap, gaps.insert()},
		{&i.document, documents.insert()},
	} {
		var err error
		if *s.stmt, err = d.prepare(s.sql); err != nil {
			return err
		}
	}
	return nil
}

func (i *inserts) close() {
	for _, s := range []*stmt{i.begin, i.commit, i.rollback, i.word, i.journey, i.request, i.server, i.smp, i.gap, i.document} {
		if s != nil {
			s.close()
		}
	}
}

// commit writes a chunk in one transaction.
func (p *Part) commit(c *headroom.Records) error {
	if err := p.ins.begin.run(); err != nil {
		return err
	}
	err := p.insertChunk(c)
	if err == nil {
		err = p.ins.commit.run()
	}
	if err != nil {
		// A full disk may have rolled back already; then this fails, harmlessly.
		_ = p.ins.rollback.run()
	}
	return err
}

func (p *Part) insertChunk(c *headroom.Records) error {
	if err := insertAll(p, p.ins.journey, &journeys, c.Journeys); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.request, &requests, c.Requests); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.server, &serverRequests, c.Server); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.smp, &samples, c.Samples); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.gap, &gaps, c.Gaps); err != nil {
		return err
	}
	if err := insertAll(p, p.ins.document, &documents, c.Documents); err != nil {
		return err
	}
	return p.insertWords()
}

func insertAll[T any](p *Part, s *stmt, t *table[T], rows []T) error {
	p.bind.stmt = s
	for i := range rows {
		t.put(&p.bind, &rows[i])
		if err := s.run(); err != nil {
			return err
		}
	}
	return nil
}

// insertWords comes last in a transaction: until it is committed nobody sees a
// row that names a word that is not there.
func (p *Part) insertWords() error {
	s := p.ins.word
	for _, w := range p.bind.fresh {
		s.putInt(p.bind.words[w])
		s.putText(w)
		if err := s.run(); err != nil {
			return err
		}
	}
	p.bind.fresh = p.bind.fresh[:0]
	return nil
}
