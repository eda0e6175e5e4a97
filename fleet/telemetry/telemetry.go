//go:build !nofleet

// Package telemetry counts what a worker does: for Prometheus, and for a collector that speaks OTLP.
//
// It never names a tenant: there are thousands, and who may read numbers may not read names.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/riverqueue/river/rivertype"
	"github.com/riverqueue/rivercontrib/otelriver"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Asked reports whether the environment names a collector. The exporters read their own variables,
// as OpenTelemetry describes them.
func Asked(env func(string) string) bool {
	return env(collector)+env(ofMetrics)+env(ofTraces) != ""
}

// Where collectors are: of both, or of one of them.
const (
	collector = "OTEL_EXPORTER_OTLP_ENDPOINT"
	ofMetrics = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
	ofTraces  = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
)

// Telemetry is the numbers of one worker.
type Telemetry struct {
	registry *prometheus.Registry
	meters   *sdkmetric.MeterProvider
	tracers  *sdktrace.TracerProvider
	meter    metric.Meter
	jobs     metric.Int64Counter
	took     metric.Float64Histogram
}

// Waiting is how many jobs of a queue are in a state.
type Waiting struct {
	Queue, State string
	Jobs         int64
}

// New begins to count. It sends to a collector where the environment names one.
//
// What the exporters cannot do is told to the log.
func New(ctx context.Context, version string, env func(string) string, log *slog.Logger) (*Telemetry, error) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("numbers", slog.String("error", err.Error())) }))
	t := &Telemetry{registry: prometheus.NewRegistry()}
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "usher"), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("the metrics cannot begin: %w", err)
	}
	page, err := otelprometheus.New(otelprometheus.WithRegisterer(t.registry))
	if err != nil {
		return nil, fmt.Errorf("the metrics cannot begin: %w", err)
	}
	meters := []sdkmetric.Option{sdkmetric.WithReader(page), sdkmetric.WithResource(about)}
	tracers := []sdktrace.TracerProviderOption{sdktrace.WithResource(about)}
	if env(collector)+env(ofMetrics) != "" {
		metrics, err := otlpmetrichttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("the collector of the metrics cannot be used: %w", err)
		}
		meters = append(meters, sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	}
	if env(collector)+env(ofTraces) != "" {
		traces, err := otlptracehttp.New(ctx)
		if err != nil {
			return nil, fmt.Errorf("the collector of the traces cannot be used: %w", err)
		}
		tracers = append(tracers, sdktrace.WithBatcher(traces))
	}
	t.meters, t.tracers = sdkmetric.NewMeterProvider(meters...), sdktrace.NewTracerProvider(tracers...)
	t.meter = t.meters.Meter("usher")
	t.jobs, err = t.meter.Int64Counter("usher.jobs", metric.WithDescription("jobs that ended, by their operation and outcome"))
	if err == nil {
		t.took, err = t.meter.Float64Histogram("usher.job.duration", metric.WithUnit("s"), metric.WithDescription("how long jobs took"),
			metric.WithExplicitBucketBoundaries(0.5, 1, 2, 5, 10, 30, 60, 300, 1800))
	}
	return t, err
}

// Middleware is what River tells of each job that it inserts or works on.
func (t *Telemetry) Middleware() rivertype.Middleware {
	return otelriver.NewMiddleware(&otelriver.MiddlewareConfig{MeterProvider: t.meters, TracerProvider: t.tracers})
}

// Count counts a job that ended.
func (t *Telemetry) Count(operation, outcome string, took time.Duration) {
	ctx := context.Background()
	about := attribute.String("operation", operation)
	t.jobs.Add(ctx, 1, metric.WithAttributes(about, attribute.String("outcome", outcome)))
	t.took.Record(ctx, took.Seconds(), metric.WithAttributes(about))
}

// Watch lets whoever asks for the numbers see how many jobs wait, which the queue counts then.
func (t *Telemetry) Watch(count func(context.Context) ([]Waiting, error)) error {
	_, err := t.meter.Int64ObservableGauge("usher.queue.jobs",
		metric.WithDescription("jobs in the queue that have not ended, by queue and state"),
		metric.WithInt64Callback(func(ctx context.Context, o metric.Int64Observer) error {
			all, err := count(ctx)
			for _, w := range all {
				o.Observe(w.Jobs, metric.WithAttributes(attribute.String("queue", w.Queue), attribute.String("state", w.State)))
			}
			return err
		}))
	return err
}

// Handler serves /metrics as Prometheus reads them, and /healthz: 503 with the reason where the
// worker cannot work.
func (t *Telemetry) Handler(healthy func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		ctx, done := context.WithTimeout(r.Context(), healthTime)
		defer done()
		if err := healthy(ctx); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// healthTime is how long the database may take to answer.
const healthTime = 5 * time.Second

// Close sends what a collector has not got yet.
func (t *Telemetry) Close(ctx context.Context) error {
	return errors.Join(t.meters.Shutdown(ctx), t.tracers.Shutdown(ctx))
}
