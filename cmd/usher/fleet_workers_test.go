//go:build !nofleet

package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestWorkersToCopy: the files that start workers start a command that there is, serve what is asked
// for, and give an apply the time to end that it takes.
func TestWorkersToCopy(t *testing.T) {
	read := func(name string) []byte {
		text, err := os.ReadFile("../../examples/workers/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	var compose struct {
		Services map[string]struct {
			Command []string
			Grace   time.Duration `yaml:"stop_grace_period"`
		}
	}
	if err := yaml.Unmarshal(read("compose.yaml"), &compose); err != nil {
		t.Fatal(err)
	}
	worker := compose.Services["worker"]
	starts(t, "compose.yaml", worker.Command)
	if worker.Grace < time.Minute {
		t.Errorf("compose.yaml kills a worker after %s", worker.Grace)
	}
	documents := yaml.NewDecoder(bytes.NewReader(read("kubernetes.yaml")))
	var deployment struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	var scaling struct {
		Spec struct {
			Triggers []struct{ Metadata struct{ Query string } }
		}
	}
	if err := documents.Decode(&deployment); err != nil {
		t.Fatal(err)
	}
	if err := documents.Decode(&scaling); err != nil {
		t.Fatal(err)
	}
	starts(t, "kubernetes.yaml", deployment.Spec.Template.Spec.Containers[0].Args)
	if q := scaling.Spec.Triggers[0].Metadata.Query; !strings.Contains(q, "FROM river_job") {
		t.Errorf("the pods are counted by %q", q)
	}
	command := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/usher (.*)$`).FindSubmatch(read("usher-fleet@.service"))
	starts(t, "usher-fleet@.service", strings.Fields(string(command[1])))
}

// starts checks that a command is understood, with all its flags.
func starts(t *testing.T, file string, args []string) {
	t.Helper()
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &out, now: time.Now, env: func(string) string { return "" }}
	if code := a.run(append(slices.Clone(args), "-help")); code != 0 || !strings.Contains(out.String(), "usher fleet work") {
		t.Errorf("%s: usher %s exits with %d:\n%s", file, strings.Join(args, " "), code, out.String())
	}
}
