package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-cli/usher/view"
)

// The benchmarks run whole usher processes against a tenant that another
// process serves, and report what usher itself used: CPU seconds, peak memory,
// requests. They measure and never judge.

// BenchmarkPlanUnchanged plans N people in inline lists, the tenant read
// included, where nothing is to be done; beside it, in the same run, terraform
// plans as many blocks of its built-in resource, where it is installed.
func BenchmarkPlanUnchanged(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newBenchWorld(b, n)
			w.inline(n)
			w.run("apply", "-auto-approve")
			for b.Loop() {
				w.requests()
				cpu, memory := w.run("plan")
				b.ReportMetric(cpu, "cpu-s/op")
				b.ReportMetric(memory, "peak-MB")
				b.ReportMetric(float64(w.requests()), "requests")
				tfCPU, tfMemory := terraformPlan(b, n)
				if tfCPU > 0 {
					b.ReportMetric(tfCPU, "terraform-cpu-s")
					b.ReportMetric(tfMemory, "terraform-peak-MB")
					b.ReportMetric(tfCPU/cpu, "cpu-ratio")
					b.ReportMetric(tfMemory/memory, "memory-ratio")
				}
			}
		})
	}
}

// BenchmarkPlanFromFile plans N people from a users_file, believing the state
// or reading the tenant.
func BenchmarkPlanFromFile(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		w := newBenchWorld(b, n)
		w.listed(n, 0)
		w.run("apply", "-auto-approve")
		for _, flag := range []string{"-refresh=false", "-refresh=true"} {
			b.Run(fmt.Sprintf("%d/%s", n, flag), func(b *testing.B) {
				for b.Loop() {
					w.requests()
					cpu, memory := w.run("plan", flag)
					b.ReportMetric(cpu, "cpu-s/op")
					b.ReportMetric(memory, "peak-MB")
					b.ReportMetric(float64(w.requests()), "requests")
				}
			})
		}
	}
}

// BenchmarkShow shows a saved plan in each format.
func BenchmarkShow(b *testing.B) {
	const n = 100_000
	w := newBenchWorld(b, n)
	w.listed(n, 0)
	w.run("plan", "-out=big.plan.json")
	for _, format := range view.Formats("plan") {
		b.Run(fmt.Sprintf("%d/%s", n, format), func(b *testing.B) {
			for b.Loop() {
				cpu, memory := w.run("show", "-format="+format, "big.plan.json")
				b.ReportMetric(cpu, "cpu-s/op")
				b.ReportMetric(memory, "peak-MB")
			}
		})
	}
}

// BenchmarkApply gives seats to N people and takes them away again.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newBenchWorld(b, 2*n)
			w.listed(n, 0)
			w.run("apply", "-auto-approve")
			for turn := 1; b.Loop(); turn++ {
				w.listed(n, turn%2*n)
				w.requests()
				cpu, memory := w.run("apply", "-auto-approve", "-parallelism=10")
				b.ReportMetric(cpu, "cpu-s/op")
				b.ReportMetric(memory, "peak-MB")
				b.ReportMetric(float64(w.requests()), "requests")
			}
		})
	}
}

// benchWorld is a served tenant and a configuration of it.
type benchWorld struct {
	b   *testing.B
	dir string
	url string
}

func newBenchWorld(b *testing.B, people int) *benchWorld {
	w := &benchWorld{b: b, dir: b.TempDir()}
	w.run("sandbox", "init", fmt.Sprint("-users=", people), "-out=tenant.json")
	cmd := exec.Command("usher", "sandbox", "serve", "-file=tenant.json", "-log=log.jsonl", "-listen=127.0.0.1:0")
	cmd.Dir = w.dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Signal(os.Interrupt); _ = cmd.Wait() })
	line := make([]byte, 200)
	n, _ := out.Read(line)
	_, rest, _ := strings.Cut(string(line[:n]), "http://")
	w.url, _, _ = strings.Cut("http://"+rest, ";")
	return w
}

func (w *benchWorld) config(assignments string) {
	w.write(
		"main.hcl",
		fmt.Sprintf(
			"tenant \"sandbox\" {\n  endpoint = %q\n}\n\nlicense \"e3\" {\n  sku = \"SPE_E3\"\n}\n\nguard {\n  max_losses = 1000000\n}\n\n%s",
			w.url,
			assignments,
		),
	)
}

// inline declares people in lists of a hundred, in no particular order.
func (w *benchWorld) inline(n int) {
	var b strings.Builder
	order := rand.New(rand.NewPCG(1, 1)).Perm(n)
	for start := 0; start < n; start += 100 {
		fmt.Fprintf(&b, "assignment \"team%d\" {\n  users = [\n", start/100)
		for _, i := range order[start:min(start+100, n)] {
			fmt.Fprintf(&b, "    %q,\n", upn(i))
		}
		b.WriteString("  ]\n\n  grant \"e3\" {}\n}\n\n")
	}
	w.config(b.String())
}

// listed declares n people from the first one on, in a users_file.
func (w *benchWorld) listed(n, first int) {
	var b strings.Builder
	b.WriteString("userPrincipalName\n")
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(n) {
		fmt.Fprintln(&b, upn(first+i))
	}
	w.write("people.csv", b.String())
	w.config("assignment \"all\" {\n  users_file = \"people.csv\"\n\n  grant \"e3\" {}\n}\n")
}

func (w *benchWorld) write(name, text string) {
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		w.b.Fatal(err)
	}
}

func (w *benchWorld) run(args ...string) (cpuSeconds, peakMB float64) {
	return measured(w.b, w.dir, "usher", args...)
}

// requests counts the requests since it was last asked. The parts of
// a batch are not requests of their own.
func (w *benchWorld) requests() int {
	path := filepath.Join(w.dir, "log.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		w.b.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		w.b.Fatal(err)
	}
	return bytes.Count(text, []byte("\n")) - bytes.Count(text, []byte(`"part":`))
}

func measured(b *testing.B, dir, name string, args ...string) (cpuSeconds, peakMB float64) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out[max(0, len(out)-2000):])
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return cpu.Seconds(), float64(usage.Maxrss) / 1024
}

// terraformPlan measures a plan of n blocks without changes, or returns 0
// where terraform is not installed.
func terraformPlan(b *testing.B, n int) (cpuSeconds, peakMB float64) {
	if _, err := exec.LookPath("terraform"); err != nil {
		return 0, 0
	}
	dir := b.TempDir()
	var tf, state strings.Builder
	state.WriteString(`{"version":4,"terraform_version":"1.0.0","serial":1,"lineage":"x","outputs":{},"resources":[`)
	for i := range n {
		fmt.Fprintf(&tf, "resource \"terraform_data\" \"u%d\" {\n  input = %q\n}\n", i, upn(i))
		if i > 0 {
			state.WriteByte(',')
		}
		fmt.Fprintf(
			&state,
			`{"mode":"managed","type":"terraform_data","name":"u%d","provider":"provider[\"terraform.io/builtin/terraform\"]","instances":[`+
				`{"schema_version":0,"attributes":{"id":"%d","input":{"value":%q,"type":"string"},`+
				`"output":{"value":%q,"type":"string"},"triggers_replace":null},"sensitive_attributes":[]}]}`,
			i,
			i,
			upn(i),
			upn(i),
		)
	}
	state.WriteString("]}")
	for name, text := range map[string]string{"main.tf": tf.String(), "terraform.tfstate": state.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	measured(b, dir, "terraform", "init", "-input=false", "-no-color")
	began := time.Now()
	cpuSeconds, peakMB = measured(b, dir, "terraform", "plan", "-input=false", "-no-color", "-detailed-exitcode")
	b.Logf("terraform planned %d blocks in %s", n, time.Since(began).Round(time.Second))
	return cpuSeconds, peakMB
}
