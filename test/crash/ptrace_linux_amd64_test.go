package crash_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// writes are the system calls by which a process changes anything outside
// itself, by their numbers on this machine.
func writes() map[uint64]string {
	return map[uint64]string{
		syscall.SYS_WRITE: "write", syscall.SYS_PWRITE64: "pwrite", syscall.SYS_WRITEV: "writev",
		syscall.SYS_SENDTO: "sendto", syscall.SYS_SENDMSG: "sendmsg",
		syscall.SYS_FSYNC: "fsync", syscall.SYS_FDATASYNC: "fdatasync", syscall.SYS_FTRUNCATE: "ftruncate",
		syscall.SYS_FLOCK: "flock", syscall.SYS_CONNECT: "connect",
		syscall.SYS_RENAME: "rename", syscall.SYS_RENAMEAT: "renameat", 316: "renameat2", syscall.SYS_LINK: "link", syscall.SYS_LINKAT: "linkat",
		syscall.SYS_UNLINK: "unlink", syscall.SYS_UNLINKAT: "unlinkat",
	}
}

// traced is what became of a process that was watched.
type traced struct {
	count  int    // writes that it made
	killed bool   // it was killed at the one that was asked for
	point  string // which that was
	code   int    // its exit code, where it lived
	out    string
}

const syscallStop = syscall.SIGTRAP | 0x80

// watch runs a command and kills it at its nth write, before the system does
// it or after. 0 only counts.
func watch(cmd *exec.Cmd, nth int, after bool) (traced, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := os.CreateTemp("", "usher-out")
	if err != nil {
		return traced{}, err
	}
	defer func() { _ = out.Close(); _ = os.Remove(out.Name()) }()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true} // a group of its own, to wait for nobody else's children
	if err := cmd.Start(); err != nil {
		return traced{}, err
	}
	w := &watcher{pid: cmd.Process.Pid, nth: nth, after: after, names: writes(), inside: map[int]bool{}}
	err = w.run()
	text, _ := os.ReadFile(out.Name())
	w.out = string(text)
	return w.traced, err
}

type watcher struct {
	traced
	pid, nth int
	after    bool
	names    map[uint64]string
	inside   map[int]bool // threads that are in a system call
	dying    int          // thread whose call is let through first
}

func (w *watcher) run() error {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(w.pid, &ws, 0, nil); err != nil {
		return err
	}
	const options = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | 0x100000 // and end with the tracer
	if err := syscall.PtraceSetOptions(w.pid, options); err != nil {
		return err
	}
	for tid := w.pid; ; {
		signal := 0
		switch {
		case ws.Exited() || ws.Signaled():
			if tid == w.pid {
				w.code = ws.ExitStatus()
				return nil
			}
			signal = -1
		case ws.StopSignal() == syscallStop:
			w.stopped(tid)
		case ws.StopSignal() == syscall.SIGTRAP, ws.StopSignal() == syscall.SIGSTOP:
		default:
			signal = int(ws.StopSignal())
		}
		if signal >= 0 {
			_ = syscall.PtraceSyscall(tid, signal) // a thread that is gone by now is waited for below
		}
		var err error
		if tid, err = syscall.Wait4(-w.pid, &ws, syscall.WALL, nil); err != nil {
			return err
		}
	}
}

// stopped looks at a thread that enters or leaves a system call.
func (w *watcher) stopped(tid int) {
	entering := !w.inside[tid]
	w.inside[tid] = entering
	if !entering {
		if w.dying == tid {
			w.kill()
		}
		return
	}
	var regs syscall.PtraceRegs
	if w.killed || w.dying != 0 || syscall.PtraceGetRegs(tid, &regs) != nil {
		return
	}
	name, writes := w.names[regs.Orig_rax]
	if !writes {
		return
	}
	target := w.target(name, regs.Rdi)
	if target == "" {
		return
	}
	if w.count++; w.count != w.nth {
		return
	}
	w.point = name + " " + target
	if w.after && name != "connect" { // which can wait for long
		w.dying = tid
		return
	}
	w.kill()
}

func (w *watcher) kill() {
	w.killed, w.dying = true, 0
	_ = syscall.Kill(w.pid, syscall.SIGKILL)
}

var number = regexp.MustCompile(`\d{3,}`)

// target says what a call is about, "" for what is nobody's business: what the
// runtime wakes itself by, and what people see.
func (w *watcher) target(name string, fd uint64) string {
	if strings.HasPrefix(name, "rename") || strings.HasPrefix(name, "link") || strings.HasPrefix(name, "unlink") {
		return "path"
	}
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", w.pid, fd))
	switch {
	case err != nil, fd <= 2, strings.HasPrefix(link, "anon_inode"), strings.HasPrefix(link, "pipe"):
		return ""
	case strings.HasPrefix(link, "socket"):
		return "socket"
	}
	return number.ReplaceAllString(strings.TrimSuffix(filepath.Base(link), " (deleted)"), "N")
}
