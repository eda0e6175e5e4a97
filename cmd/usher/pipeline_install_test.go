package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInstallsWhatWasReleased: an archive whose checksum is another one is never unpacked, by
// the checksums of the release or by the one that the caller names.
func TestInstallsWhatWasReleased(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	text, err := archive()
	if err != nil {
		t.Skipf("the stories put usher on the path: %v", err)
	}
	good := releaseHandler(text)
	sound := httptest.NewServer(good)
	defer sound.Close()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".tar.gz") {
			_, _ = w.Write(append([]byte("x"), text...))
			return
		}
		good.ServeHTTP(w, r)
	}))
	defer other.Close()
	for kind, script := range installScripts(t) {
		for name, c := range map[string]struct {
			url, sum string
			works    bool
		}{
			"a release":         {sound.URL, "", true},
			"another archive":   {other.URL, "", false},
			"another checksum":  {sound.URL, strings.Repeat("0", 64), false},
			"nothing is served": {sound.URL + "/nowhere", "", false},
		} {
			home := t.TempDir()
			cmd := exec.Command("bash", "-c", script)
			cmd.Dir = home
			cmd.Env = append(os.Environ(), "USHER_VERSION=v0.1.0", "USHER_SHA256="+c.sum, "USHER_RELEASES="+c.url, "TMPDIR="+home,
				"USHER_DIRECTORY=.", "CI_PROJECT_DIR="+home)
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.works {
				t.Errorf("%s, %s: %v\n%s", kind, name, err, out)
			}
			unpacked, err := filepath.Glob(filepath.Join(home, "*", "usher"))
			if err != nil || (len(unpacked) > 0) != c.works {
				t.Errorf("%s, %s: %v is unpacked", kind, name, unpacked)
			}
		}
	}
}

// installScripts are those of the three forges.
func installScripts(t *testing.T) map[string]string {
	t.Helper()
	shell, err := os.ReadFile("../../templates/install.sh")
	if err != nil {
		t.Fatal(err)
	}
	lab, err := jobOf("gitlab", "check", nil)
	if err != nil {
		t.Fatal(err)
	}
	azure, err := step{Template: "install.azure.yml"}.inside(nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"github": string(shell), "gitlab": lab.Before[0], "azure": azure[0].script()}
}
