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

// things is how many things usher said since the gate was armed, and whether what
// was to happen did.
func (g *gate) things() (count int, happened bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count, g.left <= 0
}

// TestCuts cuts the connection to the store, and to the tenant, at everything in
// turn that usher says to it, before it is heard and before usher hears the answer,
// and kills what is at the other end where that can be started again.
func TestCuts(t *testing.T) {
	var all []store
	for _, s := range stores(t) {
		if s.address != "" {
			all = append(all, s)
		}
	}
	each := *cuts / (len(all) + 1)
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			g := newGate(t, s.address)
			s.backend = strings.ReplaceAll(s.backend, s.address, g.listener.Addr().String())
			cutsOf(newWorld(t, s), g, s.restart, each)
		})
	}
	t.Run("tenant", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, store{name: "file", backend: `backend "file" {}`})
		g := newGate(t, strings.TrimPrefix(w.address, "http://"))
		address := w.address
		w.address = "http://" + g.listener.Addr().String()
		w.write("main.hcl", w.settings())
		cutsOf(w, g, func() error { return w.restartTenant(address) }, each)
	})
}

// cutting is what became of the cuts in a world.
type cutting struct {
	hows   []string
	base   int             // the most things that usher says where nothing is cut
	least  int             // and the least: they travel together, or one by one
	hit    map[string]bool // by what was done, and to which thing
	points map[string]int  // by what was done, and what came of it
}

func cutsOf(w *world, g *gate, restart func() error, n int) {
	c := &cutting{hows: []string{"unsaid", "unanswered"}, hit: map[string]bool{}, points: map[string]int{}}
	if restart != nil {
		c.hows = append(c.hows, "killed")
		g.kill = func() {
			if err := restart(); err != nil {
				w.t.Errorf("what was killed does not start again: %v", err)
			}
		}
	}
	for turn := 1; turn < 7; turn++ { // there and back
		w.write("want.hcl", wants[turn%2])
		g.at(0, "")
		w.must("apply", "-auto-approve")
		said, _ := g.things()
		if c.base = max(c.base, said); turn == 1 {
			c.least = said
		}
		c.least = min(c.least, said)
	}
	for k := range n {
		w.write("want.hcl", wants[(k+1)%2])
		how, nth := c.hows[k%len(c.hows)], 1+k/len(c.hows)%c.base
		g.at(nth, how)
		code, out := w.run("apply", "-auto-approve")
		g.killing.Wait()
		if _, happened := g.things(); happened {
			c.hit[fmt.Sprint(how, nth)] = true
			c.points[fmt.Sprintf("%-10s %s", how, c.outcome(w, code, out))]++
		}
		g.at(0, "")
		w.settles(k + 1)
	}
	c.tell(w, n)
}

// outcome says how a run ended that something was cut for: it goes on, or says
// what went wrong or is not known.
func (c *cutting) outcome(w *world, code int, out string) string {
	if code == 0 {
		return "and usher went on"
	}
	if !strings.Contains(out, "Error: ") && code != 4 {
		w.t.Fatalf("it exits with %d and says\n%s", code, out)
	}
	w.unlock()
	return "and usher said so"
}

// tell reports what was cut, and complains where a thing was left out of so many.
func (c *cutting) tell(w *world, n int) {
	var table strings.Builder
	for _, p := range slices.Sorted(maps.Keys(c.points)) {
		fmt.Fprintf(&table, "\n%5d %s", c.points[p], p)
	}
	w.t.Logf("%d cuts at %d things that usher says:%s", n, c.base, table.String())
	for _, how := range c.hows {
		for nth := 1; nth < c.least && n >= 2*len(c.hows)*c.base; nth++ {
			if !c.hit[fmt.Sprint(how, nth)] {
				w.t.Errorf("the thing %d was never %s", nth, how)
			}
		}
	}
}
