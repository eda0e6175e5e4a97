package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"runtime"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// archive is what a release has: in the place of the program a line that starts the one of the
// stories, because every job downloads, checks and unpacks it.
var archive = sync.OnceValues(func() ([]byte, error) {
	path, err := exec.LookPath("usher")
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", path)
	var b bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that there is
	w := tar.NewWriter(zip)
	if err := w.WriteHeader(&tar.Header{Name: "usher", Mode: 0o755, Size: int64(len(text))}); err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	err = zip.Close()
	return b.Bytes(), err
})

// releases serves a release until the story ends.
func releases(ts *testscript.TestScript) string {
	if url := ts.Getenv("RELEASES"); url != "" {
		return url
	}
	text, err := archive()
	ts.Check(err)
	server := httptest.NewServer(releaseHandler(text))
	ts.Defer(server.Close)
	ts.Setenv("RELEASES", server.URL)
	return server.URL
}

func releaseHandler(text []byte) http.Handler {
	sum := sha256.Sum256(text)
	name := fmt.Sprintf("usher_0.1.0_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v0.1.0/"+name, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(text) // who no longer listens has gone away
	})
	mux.HandleFunc("GET /v0.1.0/SHA256SUMS", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	})
	return mux
}
