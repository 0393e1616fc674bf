package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/headroom-erp/headroom"
	"github.com/headroom-erp/headroom/fixtures/external"
	"github.com/headroom-erp/headroom/odoo"
	"github.com/headroom-erp/headroom/results"
)

const erpPassword = "correct-horse-battery-staple"

// standIn serves a stand-in as an ERP of somebody else's and returns the
// environment that names it.
func standIn(t *testing.T) []string {
	t.Helper()
	log := filepath.Join(t.TempDir(), "requests.log")
	cmd := exec.Command(binary, "erp", "--listen", "127.0.0.1:0", "--database", "customer,branch", "--log", log)
	cmd.Env = append(os.Environ(), envERPPassword+"="+erpPassword)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var ready struct{ URL string }
	if err != nil || json.Unmarshal(line, &ready) != nil {
		t.Fatalf("the stand-in said %q: %v\n%s", line, err, stderr.String())
	}
	return []string{
		external.EnvURL + "=" + ready.URL, external.EnvDatabase + "=customer", external.EnvLogin + "=admin",
		external.EnvPassword + "=" + erpPassword, external.EnvLog + "=" + log,
	}
}

// headroomWith runs headroom with an environment and returns exit code and
// both outputs.
func headroomWith(t *testing.T, env []string, args ...string) (int, string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(cmd.Dir, "headroom-workspace", "*")); len(left) > 0 && cmd.ProcessState.ExitCode() == headroom.ExitBadInput {
		t.Errorf("headroom %v was refused and left %v behind", args, left)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func TestTargetOfSomebodyElse(t *testing.T) {
	env := standIn(t)
	run := []string{"run", "pilot", "--topology", "standard-6", "--date", "2026-11-20", "--peak", "dispatch_cutoff",
		"--for", "10s", "--lead-in", "2s", "--scale", "0.3"}
	refuse := func(what string, change string, want ...string) {
		t.Helper()
		code, out := headroomWith(t, append(append([]string{}, env...), change), run...)
		if code != headroom.ExitBadInput {
			t.Errorf("%s: exit code %d, want %d\n%s", what, code, headroom.ExitBadInput, out)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: the message lacks %q:\n%s", what, w, out)
			}
		}
		if strings.Contains(out, erpPassword) {
			t.Errorf("%s: the message shows the password", what)
		}
	}
	refuse("a wrong password", external.EnvPassword+"=wrong", "admin", "password")
	refuse("a wrong database", external.EnvDatabase+"=production", "production")
	refuse("a target without marker", "X=", "customer", "headroom allow")

	if code, out := headroomWith(t, env, "allow", "--for", "1h"); code != 0 || !strings.Contains(out, "database customer at http://127.0.0.1") {
		t.Fatalf("headroom allow: exit code %d\n%s", code, out)
	}
	both := append(append([]string{}, env...), external.EnvDatabase+"=customer,branch")
	if code, out := headroomWith(t, both, "allow", "--for", "1h"); code != 0 || !strings.Contains(out, "database customer at") || !strings.Contains(out, "database branch at") {
		t.Fatalf("headroom allow of two databases: exit code %d\n%s", code, out)
	}
	checkSecrets(t, env, run)
}

// checkSecrets runs on the marked target and looks for its passwords, the
// users' ones included, in whatever the run leaves and in the list of
// processes while it runs.
func checkSecrets(t *testing.T, env, run []string) {
	workspace := filepath.Join(t.TempDir(), "w")
	cmd := exec.Command(binary, append(run, "--workspace", workspace)...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	watch := watchSecrets(workspace)
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > headroom.ExitMissed {
		t.Fatalf("%v\n%s", err, out.String())
	}
	secrets, leaks := watch()
	if len(secrets) < 2 {
		t.Fatalf("no user's password was seen in the private folder: the test shows nothing")
	}
	for _, l := range leaks {
		t.Errorf("a secret is in the list of processes: %s", l)
	}
	secrets = append(secrets, erpPassword)
	files := 0
	err := filepath.WalkDir(workspace, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(raw, []byte(s)) {
				t.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("%d files were searched: %v", files, err)
	}
	for _, s := range secrets {
		if strings.Contains(out.String(), s) {
			t.Errorf("the output shows a secret:\n%s", out.String())
		}
	}
	reader, err := results.Open(filepath.Join(workspace, "runs", "standard-6"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if !reader.Info().Complete {
		t.Errorf("the run is incomplete: %s", reader.Info().Reason)
	}
}

// watchSecrets collects the users' passwords and keys while their file exists,
// and any process whose command line holds one or the administrator's. The
// function returned ends it.
func watchSecrets(workspace string) func() (secrets, leaks []string) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	known := map[string]bool{erpPassword: true}
	found := map[string]bool{}
	wg.Go(func() {
		for {
			files, _ := filepath.Glob(filepath.Join(workspace, "private", "*logins*"))
			for _, f := range files {
				logins, err := odoo.ReadLogins(f)
				if err != nil {
					continue // it is being written, or gone
				}
				for _, users := range logins {
					for _, u := range users {
						for _, s := range []headroom.Secret{u.Password, u.Key} {
							if s != "" {
								known[s.Reveal()] = true
							}
						}
					}
				}
			}
			lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, path := range lines {
				raw, _ := os.ReadFile(path)
				for s := range known {
					if bytes.Contains(raw, []byte(s)) {
						found[fmt.Sprintf("%s: %s", path, strings.ReplaceAll(string(raw), "\x00", " "))] = true
					}
				}
			}
			select {
			case <-quit:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	return func() (secrets, leaks []string) {
		close(quit)
		wg.Wait()
		for s := range known {
			secrets = append(secrets, s)
		}
		for l := range found {
			leaks = append(leaks, l)
		}
		return secrets, leaks
	}
}
