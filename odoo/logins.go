package odoo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/headroom-erp/headroom"
)

// storedLogin is how a login is kept in the logins file, the one place where
// secrets are written down.
type storedLogin struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Key      string `json:"key,omitempty"`
}

// WriteLogins writes logins with their secrets to a file that only its owner
// may read. The file appears whole or not at all.
func WriteLogins(path string, logins headroom.Logins) (err error) {
	stored := make(map[string][]storedLogin, len(logins))
	for database, list := range logins {
		stored[database] = make([]storedLogin, len(list))
		for i, l := range list {
			stored[database][i] = storedLogin{l.Login, l.Password.Reveal(), l.Key.Reveal()}
		}
	}
	data, err := json.MarshalIndent(stored, "", "  ")
	if err != nil {
		return fmt.Errorf("odoo: write logins: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("odoo: write logins: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("odoo: write logins: %w", err)
		}
	}()
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ReadLogins reads what WriteLogins wrote. A file that others than its owner
// may read, and one of another form, is an *headroom.InputError; it never
// repeats what the file holds.
func ReadLogins(path string) (headroom.Logins, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &headroom.InputError{What: "cannot read the logins", Where: path, Do: "seed the target first, or name the file that seeding wrote", Err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("odoo: read logins: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &headroom.InputError{
			What: fmt.Sprintf("the logins may be read by others (mode %04o)", info.Mode().Perm()), Where: path, Do: "run chmod 600 on it",
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxBody))
	if err != nil {
		return nil, fmt.Errorf("odoo: read logins: %w", err)
	}
	var stored map[string][]storedLogin
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&stored); err != nil || stored == nil {
		return nil, &headroom.InputError{What: "this is not a file of logins", Where: path, Do: "seed the target again"}
	}
	logins := make(headroom.Logins, len(stored))
	for database, list := range stored {
		logins[database] = make([]headroom.Login, len(list))
		for i, l := range list {
			logins[database][i] = headroom.Login{Login: l.Login, Password: headroom.Secret(l.Password), Key: headroom.Secret(l.Key)}
		}
	}
	return logins, nil
}
