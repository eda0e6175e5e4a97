package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-cli/usher/tenant/sandbox"
)

type sandboxServeOptions struct {
	file, listen, tls, authority, log string
}

func newSandboxServe(a *app) *cobra.Command {
	o := &sandboxServeOptions{}
	cmd := &cobra.Command{Use: "serve", Short: "Serve a tenant file over HTTP and TLS, on this machine only", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxServe(cmd.Context(), a, o) }}
	cmd.Flags().StringVar(&o.file, "file", "", "the tenant `FILE`")
	cmd.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8787", "the loopback `ADDRESS` to listen on")
	cmd.Flags().StringVar(&o.tls, "tls", "", "a loopback `ADDRESS` to speak TLS on; needs -authority")
	cmd.Flags().StringVar(&o.authority, "authority", "",
		"write the certificate that clients have to trust to `FILE`, and be a proxy for Microsoft's hosts")
	cmd.Flags().StringVar(&o.log, "log", "", "append every request to `FILE`, as JSON lines")
	return cmd
}

// check refuses to be seen by other machines.
func (o *sandboxServeOptions) check() error {
	for flag, address := range map[string]string{"-listen": o.listen, "-tls": o.tls} {
		host, _, err := net.SplitHostPort(address)
		if ip := net.ParseIP(host); address != "" && (err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback())) {
			return fmt.Errorf(
				"%s=%s is not a loopback address such as 127.0.0.1:8787: anyone who reaches the sandbox can do anything in it",
				flag,
				address,
			)
		}
	}
	if o.tls != "" && o.authority == "" {
		return errors.New("-tls needs -authority=FILE, so that clients have something to trust")
	}
	return nil
}

func runSandboxServe(ctx context.Context, a *app, o *sandboxServeOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	server, closeLog, err := a.openSandbox(o.file, o.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close(), closeLog()) }()
	plain, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("the sandbox cannot listen: %w", err)
	}
	a.stdout().Say("The tenant answers at http://%s; interrupt to end.", plain.Addr())
	if o.authority == "" {
		return serve(ctx, server, plain)
	}
	authority, err := sandbox.NewAuthority(a.now)
	if err != nil {
		return err
	}
	proxy := sandbox.NewProxy(server, authority)
	defer proxy.Close()
	listeners := []net.Listener{plain}
	if o.tls != "" {
		secure, err := tls.Listen("tcp", o.tls, authority.Config())
		if err != nil {
			return fmt.Errorf("the sandbox cannot listen: %w", err)
		}
		a.stdout().Say("The tenant answers at https://%s, too.", secure.Addr())
		listeners = append(listeners, secure)
	}
	if err := os.WriteFile(a.path(o.authority), authority.PEM(), 0o600); err != nil { // the last: whoever waits for the file finds the rest
		return fmt.Errorf("the authority cannot be written: %w", err)
	}
	return serve(ctx, proxy, listeners...)
}

// serve answers on all listeners until somebody interrupts.
func serve(ctx context.Context, h http.Handler, listeners ...net.Listener) error {
	ctx, stop, end := interrupts(ctx, nil, func(bool) {})
	defer end()
	web := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-stop
		_ = web.Shutdown(ctx)
	}()
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- web.Serve(l) }()
	}
	for range listeners {
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return nil
}
