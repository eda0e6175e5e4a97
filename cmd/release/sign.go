package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// signatureSpace is what ssh-keygen takes for files.
const signatureSpace = "file"

// sign writes the checksums of all files, and signs them with the key that
// USHER_RELEASE_KEY_FILE names. Without one a release has no signature.
func (r *release) sign() error {
	names := slices.Sorted(slices.Values(r.files))
	var sums strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(r.out, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%s  %s\n", strings.TrimPrefix(digestOf(text), "sha256:"), name)
	}
	if err := os.WriteFile(r.path("SHA256SUMS"), []byte(sums.String()), 0o644); err != nil {
		return err
	}
	file := os.Getenv("USHER_RELEASE_KEY_FILE")
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	key, err := ssh.ParsePrivateKey(text)
	if err != nil { // whose text can be a part of the key
		return errors.New("the file in USHER_RELEASE_KEY_FILE is no private key of ssh-keygen without a passphrase")
	}
	sig, err := sshsig.Sign(strings.NewReader(sums.String()), key, sshsig.HashSHA512, signatureSpace)
	if err != nil {
		return err
	}
	public := "usher " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey()))) + "\n"
	return errors.Join(
		os.WriteFile(r.path("SHA256SUMS.sig"), sshsig.Armor(sig), 0o644),
		os.WriteFile(r.path("allowed_signers"), []byte(public), 0o644))
}
