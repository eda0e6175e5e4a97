package crash_test

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var cuts = flag.Int("cuts", 6, "how often TestCuts cuts a connection to a store, over all stores")

// gate is a connection to a store that something happens to at the nth thing
// that usher says.
type gate struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	left  int // things that usher says until it happens; 0 for never
	count int
	how   string
	kill  func() // the store, and starts it again

	killing sync.WaitGroup
}

func newGate(t *testing.T, to string) *gate {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{listener: listener, to: to}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go g.carry(client)
		}
	}()
	return g
}

// at arms the gate.
func (g *gate) at(nth int, how string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.left, g.how, g.count = nth, how, 0
}

func (g *gate) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", g.to)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	buffer := make([]byte, 1<<20)
	for {
		n, err := client.Read(buffer)
		if n > 0 {
			switch g.said() {
			case "unsaid": // the store never hears it
				return
			case "unanswered": // usher never hears the answer
				_ = client.Close()
				_, _ = server.Write(buffer[:n])
				time.Sleep(50 * time.Millisecond)
				return
			case "killed":
				_, _ = server.Write(buffer[:n])
				g.killing.Go(g.kill)
				return
			}
			if _, err := server.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// said counts, and tells what is to happen.
func (g *gate) said() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count++
	if g.left--; g.left != 0 {
		return ""
	}
	return g.how
}

// TestCuts cuts the connection to the store at everything in turn that usher
// says to it, before the store hears it and before usher hears the answer, and
// kills the store where that can be started again.
func TestCuts(t *testing.T) {
	var all []store
	for _, s := range stores(t) {
		if s.address != "" {
			all = append(all, s)
		}
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			cutsOf(t, s, *cuts/len(all))
		})
	}
}

func cutsOf(t *testing.T, s store, n int) {
	g := newGate(t, s.address)
	s.backend = strings.ReplaceAll(s.backend, s.address, g.listener.Addr().String())
	w := newWorld(t, s)
	hows := []string{"unsaid", "unanswered"}
	if s.restart != nil {
		hows = append(hows, "killed")
		g.kill = func() {
			if err := s.restart(); err != nil {
				t.Errorf("the store does not start again: %v", err)
			}
		}
	}
	points, lived, longest := map[string]int{}, 0, 0
	for k, turn := 0, 1; k < n; k, turn = k+1, turn+1 {
		w.write("want.hcl", wants[turn%2])
		how, nth := hows[k%len(hows)], 1
		if longest > 0 {
			nth = 1 + k/len(hows)%longest
		}
		g.at(nth, how)
		code, out := w.run("apply", "-auto-approve")
		g.killing.Wait()
		longest = max(longest, g.most())
		g.at(0, "")
		outcome := "and usher went on"
		if code != 0 {
			outcome = "and usher said so"
			if !strings.Contains(out, "Error: ") {
				t.Fatalf("it exits with %d and says\n%s", code, out)
			}
			w.unlock()
		} else {
			lived++
		}
		points[fmt.Sprintf("%-10s %s", how, outcome)]++
		w.settles(turn)
	}
	var table strings.Builder
	for _, p := range slices.Sorted(maps.Keys(points)) {
		fmt.Fprintf(&table, "\n%5d %s", points[p], p)
	}
	t.Logf("%d cuts at up to %d things that usher says, %d of which it got over:%s", n, longest, lived, table.String())
}

func (g *gate) most() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}
