package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"time"
)

// descriptor names a part of an image. Source: the image specification of the Open Container Initiative.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

const (
	indexType    = "application/vnd.oci.image.index.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// image makes an image for containers, as a layout in an archive: no engine is needed for
// it. It holds usher and nothing else, and runs as nobody.
func (r *release) image() error {
	layout := &layout{}
	var manifests []descriptor
	for _, p := range r.programs {
		if p.os != "linux" {
			continue
		}
		d, err := r.manifest(layout, p)
		if err != nil {
			return err
		}
		manifests = append(manifests, d)
	}
	if len(manifests) == 0 {
		return nil
	}
	all, err := layout.json(indexType, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": manifests})
	if err != nil {
		return err
	}
	all.Annotations = map[string]string{"org.opencontainers.image.ref.name": r.version}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": []descriptor{all}})
	if err != nil {
		return err
	}
	entries := []entry{{"index.json", 0o644, index}, {"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)}}
	entries = append(entries, layout.blobs...)
	text, err := tarOf(entries, r.date)
	if err != nil {
		return err
	}
	return os.WriteFile(r.path("usher_"+r.version+"_image.tar"), text, 0o644)
}

// manifest adds the image of a platform.
func (r *release) manifest(l *layout, p program) (descriptor, error) {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return descriptor{}, err
	}
	layer, err := tarOf([]entry{{"usr/bin/usher", 0o755, text}}, r.date)
	if err != nil {
		return descriptor{}, err
	}
	packed, err := gzipped(layer)
	if err != nil {
		return descriptor{}, err
	}
	config, err := l.json(configType, map[string]any{
		"created": r.date.Format(time.RFC3339), "architecture": p.arch, "os": p.os,
		"config": map[string]any{
			"User": "65532:65532", "WorkingDir": "/licences", "Entrypoint": []string{"/usr/bin/usher"},
			"Env": []string{"PATH=/usr/bin", "HOME=/tmp"},
			"Labels": map[string]string{
				"org.opencontainers.image.version": r.version, "org.opencontainers.image.revision": r.commit,
				"org.opencontainers.image.source": "https://github.com/usher-cli/usher",
			},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digestOf(layer)}},
		"history": []any{map[string]any{"created": r.date.Format(time.RFC3339), "created_by": "make release"}},
	})
	if err != nil {
		return descriptor{}, err
	}
	d, err := l.json(manifestType, map[string]any{"schemaVersion": 2, "mediaType": manifestType, "config": config,
		"layers": []descriptor{l.add(layerType, packed)}})
	d.Platform = map[string]string{"os": p.os, "architecture": p.arch}
	return d, err
}

// layout is the parts of images, by their digests.
type layout struct{ blobs []entry }

func (l *layout) add(kind string, text []byte) descriptor {
	d := descriptor{MediaType: kind, Digest: digestOf(text), Size: len(text)}
	e := entry{"blobs/sha256/" + d.Digest[len("sha256:"):], 0o644, text}
	if !slices.ContainsFunc(l.blobs, func(b entry) bool { return b.name == e.name }) {
		l.blobs = append(l.blobs, e)
	}
	return d
}

func (l *layout) json(kind string, v any) (descriptor, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	return l.add(kind, text), nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
