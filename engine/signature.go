package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/usher-cli/usher/config"
)

// signatureSpace keeps signatures of plans apart from signatures of anything else, such as
// commits. It is what ssh-keygen -Y sign takes behind -n.
const signatureSpace = "usher"

// SignersFile is the file of the configuration directory that lists whose signatures
// count, in the format of ssh-keygen: see ALLOWED SIGNERS in its manual.
const SignersFile = "allowed_signers"

// signatureOf is the file of the signature of a plan, as ssh-keygen names it.
func signatureOf(plan string) string { return plan + ".sig" }

// Signers are the keys whose signatures count.
type Signers struct {
	keys []signer
	now  time.Time
}

// signer is a line of the file.
type signer struct {
	name          string // of whom the key is
	key           ssh.PublicKey
	after, before time.Time // from when and up to when the key counts; zero for always
}

// Signers reads whose signatures count: from a revision where one is named, because a
// branch could add a key of its own, else from the directory.
func (w *World) Signers(base string) (*Signers, error) {
	text, err := config.ReadFile(w.Path(SignersFile))
	if base != "" {
		var files *revision
		if files, err = openRevision(w.Dir, base); err == nil {
			text, err = fs.ReadFile(files, SignersFile)
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s beside the configuration: list the keys that may sign plans there", SignersFile)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", SignersFile, err)
	}
	s := &Signers{now: w.Now()}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		one, usable, err := signerIn(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", SignersFile, n, err)
		}
		if usable {
			s.keys = append(s.keys, one)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", SignersFile, err)
	}
	return s, nil
}

// signerIn reads a line. It is not usable where it is about other signatures.
//
//	ada@contoso.com namespaces="usher",valid-before="20270630" ssh-ed25519 AAAA…
func signerIn(line string) (s signer, usable bool, err error) {
	at := strings.IndexAny(line, " \t")
	if at < 0 || strings.ContainsAny(line[:at], "\"=") { // options would be taken for a part of the name
		return s, false, errors.New("it begins with no name: write NAME KEYTYPE KEY")
	}
	name, rest := line[:at], strings.TrimLeft(line[at:], " \t")
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return s, false, errors.New("its key cannot be read: write NAME KEYTYPE KEY")
	}
	s, usable = signer{name: name, key: key}, true
	seen := map[string]bool{}
	for _, o := range options {
		option, value, _ := strings.Cut(o, "=")
		option, value = strings.ToLower(option), strings.Trim(value, `"`)
		if seen[option] {
			return s, false, fmt.Errorf("it has the option %s twice", option)
		}
		seen[option] = true
		switch option {
		case "namespaces":
			usable = inNamespaces(value)
		case "valid-after":
			s.after, err = signerTime(value)
		case "valid-before":
			s.before, err = signerTime(value)
		default:
			err = fmt.Errorf("usher does not know the option %s", option)
		}
		if err != nil {
			return s, false, err
		}
	}
	return s, usable, nil
}

// inNamespaces reports whether a list of patterns is about plans. A pattern has * and ?, and
// one with ! in front that matches says no, wherever it stands.
func inNamespaces(list string) bool {
	in := false
	for _, pattern := range strings.Split(list, ",") {
		pattern, not := strings.CutPrefix(pattern, "!")
		plain := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		match := regexp.MustCompile("^" + plain + "$").MatchString(signatureSpace)
		if match && not {
			return false
		}
		in = in || match
	}
	return in
}

// signerTime reads a time as ssh-keygen has it, in UTC. Without a Z it would mean the clock
// of whichever machine looks.
func signerTime(text string) (time.Time, error) {
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(text, "Z")); err == nil && !t.IsZero() {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 20270630 or 202706301200Z", text)
}

// check makes sure that somebody who may has signed a text, and says who. The path is that
// of the plan.
func (s *Signers) check(plan string, text []byte) (by string, err error) {
	armored, err := readPlan(signatureOf(plan))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is not signed: there is no %s", plan, signatureOf(plan))
	}
	if err != nil {
		return "", err
	}
	sig, err := sshsig.Unarmor(armored)
	if err != nil {
		return "", fmt.Errorf("%s is no signature of ssh-keygen: %w", signatureOf(plan), err)
	}
	key := ssh.FingerprintSHA256(sig.PublicKey)
	why := fmt.Errorf("no line of %s has the key %s that signed it", SignersFile, key)
	for _, k := range s.keys {
		if !bytes.Equal(k.key.Marshal(), sig.PublicKey.Marshal()) {
			continue
		}
		switch {
		case !k.after.IsZero() && s.now.Before(k.after), !k.before.IsZero() && !s.now.Before(k.before):
			why = fmt.Errorf("the key %s of %s does not count today", key, k.name)
			continue
		}
		err := sshsig.Verify(bytes.NewReader(text), sig, k.key, sig.HashAlgorithm, signatureSpace)
		if err == nil {
			return k.name + " with the key " + key, nil
		}
		if errors.Is(err, sshsig.ErrNamespaceMismatch) {
			why = fmt.Errorf("it is made for %q, and a plan needs -n %s", sig.Namespace, signatureSpace)
			continue
		}
		why = fmt.Errorf("%w: sign this plan, or take the one that was signed", err)
	}
	return "", fmt.Errorf("the signature %s does not count: %w", signatureOf(plan), why)
}

// sign signs a plan where the environment has a key for that: with USHER_SIGNING_KEY, or
// the file that USHER_SIGNING_KEY_FILE names.
func (w *World) sign(plan string, text []byte) error {
	key := []byte(w.Env("USHER_SIGNING_KEY"))
	if file := w.Env("USHER_SIGNING_KEY_FILE"); len(key) == 0 && file != "" {
		var err error
		if key, err = os.ReadFile(file); err != nil {
			return fmt.Errorf("the key in USHER_SIGNING_KEY_FILE cannot be read: %w", err)
		}
	}
	if len(key) == 0 {
		return nil
	}
	private, err := ssh.ParsePrivateKey(append(bytes.TrimSpace(key), '\n'))
	if err != nil { // whose text can be a part of the key
		return errors.New("the key in USHER_SIGNING_KEY is no private key of ssh-keygen without a passphrase")
	}
	sig, err := sshsig.Sign(bytes.NewReader(text), private, sshsig.HashSHA512, signatureSpace)
	if err != nil {
		return fmt.Errorf("the plan cannot be signed: %w", err)
	}
	return os.WriteFile(signatureOf(plan), sshsig.Armor(sig), 0o600)
}
