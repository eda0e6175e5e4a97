package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// entry is a file in an archive.
type entry struct {
	name string
	mode int64
	text []byte
}

// pack makes the archive of a platform, its packages, and its bill of materials.
func (r *release) pack(p program, extras []extra) error {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("usher_%s_%s_%s", r.version, p.os, p.arch)
	entries := []entry{{"usher" + exe(p.os), 0o755, text}}
	for _, e := range extras {
		entries = append(entries, entry{e.name, 0o644, e.text})
	}
	write, ending := writeTarGz, ".tar.gz"
	if p.os == "windows" {
		write, ending = writeZip, ".zip"
	}
	if err := write(r.path(name+ending), entries, r.date); err != nil {
		return err
	}
	if p.os == "linux" {
		if err := r.packages(p, extras); err != nil {
			return err
		}
	}
	return r.materials(p, name+".cdx.json")
}

// exe is the ending of a program.
func exe(goos string) string {
	if goos == "windows" {
		return ".exe"
	}
	return ""
}

// writeTarGz writes an archive. Nothing in it is of this machine or of this moment.
func writeTarGz(path string, entries []entry, at time.Time) error {
	text, err := tarOf(entries, at)
	if err != nil {
		return err
	}
	text, err = gzipped(text)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// tarOf is an archive without compression.
func tarOf(entries []entry, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.text)), ModTime: at, Format: tar.FormatPAX, Typeflag: tar.TypeReg}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.text); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

func gzipped(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

func writeZip(path string, entries []entry, at time.Time) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: at}
		h.SetMode(os.FileMode(e.mode))
		f, err := w.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := f.Write(e.text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// source makes the archive of the source, from which package managers build.
func (r *release) source() error {
	text, err := exec.Command("git", "-C", r.repository, "archive",
		"--format=tar", "--prefix=usher-"+r.version+"/", r.commit).Output()
	if err != nil {
		return fmt.Errorf("git archive: %w", err)
	}
	if text, err = gzipped(text); err != nil {
		return err
	}
	return os.WriteFile(r.path("usher_"+r.version+"_source.tar.gz"), text, 0o644)
}
