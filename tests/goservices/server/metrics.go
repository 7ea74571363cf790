package server

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sort"
	"strconv"
	"time"
)

// page is a Prometheus text page in the making.
type page struct {
	bytes.Buffer
}

func (p *page) header(name, kind, help string) {
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (p *page) sample(name string, value float64) {
	fmt.Fprintf(p, "%s %s\n", name, strconv.FormatFloat(value, 'g', -1, 64))
}

func (p *page) one(name, kind, help string, value float64) {
	p.header(name, kind, help)
	p.sample(name, value)
}

func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	var p page
	p.collector()
	p.memory()
	p.scheduler()
	p.process()
	s.business(&p)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(p.Bytes()) // the scraper has gone: nobody to tell
}

func (p *page) collector() {
	gc := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&gc)
	p.header("go_gc_duration_seconds", "summary", "Pauses of the garbage collector.")
	for i, pause := range gc.PauseQuantiles {
		p.sample(fmt.Sprintf("go_gc_duration_seconds{quantile=\"%g\"}", float64(i)/4), pause.Seconds())
	}
	p.sample("go_gc_duration_seconds_sum", gc.PauseTotal.Seconds())
	p.sample("go_gc_duration_seconds_count", float64(gc.NumGC))
}

func (p *page) memory() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.one("go_memstats_alloc_bytes", "gauge", "Bytes of live and not yet swept heap objects.", float64(m.Alloc))
	p.one("go_memstats_alloc_bytes_total", "counter", "Bytes ever allocated on the heap.", float64(m.TotalAlloc))
	p.one("go_memstats_frees_total", "counter", "Heap objects ever freed.", float64(m.Frees))
	p.one("go_memstats_heap_alloc_bytes", "gauge", "Bytes of live and not yet swept heap objects.", float64(m.HeapAlloc))
	p.one("go_memstats_heap_idle_bytes", "gauge", "Bytes in unused spans.", float64(m.HeapIdle))
	p.one("go_memstats_heap_inuse_bytes", "gauge", "Bytes in spans in use.", float64(m.HeapInuse))
	p.one("go_memstats_heap_objects", "gauge", "Heap objects now.", float64(m.HeapObjects))
	p.one("go_memstats_heap_released_bytes", "gauge", "Bytes given back to the system.", float64(m.HeapReleased))
	p.one("go_memstats_heap_sys_bytes", "gauge", "Heap bytes obtained from the system.", float64(m.HeapSys))
	p.one("go_memstats_last_gc_time_seconds", "gauge", "Time of the last collection, Unix seconds.", float64(m.LastGC)/1e9)
	p.one("go_memstats_mallocs_total", "counter", "Heap objects ever allocated.", float64(m.Mallocs))
	p.one("go_memstats_next_gc_bytes", "gauge", "Heap size at which the next collection runs.", float64(m.NextGC))
	p.one("go_memstats_stack_inuse_bytes", "gauge", "Bytes in stack spans.", float64(m.StackInuse))
	p.one("go_memstats_stack_sys_bytes", "gauge", "Stack bytes obtained from the system.", float64(m.StackSys))
	p.one("go_memstats_sys_bytes", "gauge", "All bytes obtained from the system.", float64(m.Sys))
}

func (p *page) scheduler() {
	threads, _ := runtime.ThreadCreateProfile(nil)
	p.one("go_goroutines", "gauge", "Goroutines now.", float64(runtime.NumGoroutine()))
	p.one("go_threads", "gauge", "Operating system threads created.", float64(threads))
	p.header("go_info", "gauge", "The Go environment.")
	p.sample(fmt.Sprintf("go_info{version=%q}", runtime.Version()), 1)
	p.one("go_sched_gomaxprocs_threads", "gauge", "GOMAXPROCS.", runtimeMetric("/sched/gomaxprocs:threads"))
	p.one("go_gc_gogc_percent", "gauge", "GOGC.", runtimeMetric("/gc/gogc:percent"))
	p.one("go_gc_gomemlimit_bytes", "gauge", "GOMEMLIMIT.", runtimeMetric("/gc/gomemlimit:bytes"))
	p.one("go_cpu_classes_gc_total_cpu_seconds_total", "counter", "Estimated CPU time spent on collection.", runtimeMetric("/cpu/classes/gc/total:cpu-seconds"))
	p.one("go_cpu_classes_total_cpu_seconds_total", "counter", "Estimated CPU time available to the program.", runtimeMetric("/cpu/classes/total:cpu-seconds"))
}

func runtimeMetric(name string) float64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	switch sample[0].Value.Kind() {
	case metrics.KindUint64:
		return float64(sample[0].Value.Uint64())
	case metrics.KindFloat64:
		return sample[0].Value.Float64()
	default:
		return math.NaN()
	}
}

func (s *Server) business(p *page) {
	p.one("shop_http_requests_in_flight", "gauge", "Requests being served.", float64(s.inFlight.Load()))
	p.header("shop_http_requests_total", "counter", "Requests received, by endpoint.")
	for _, path := range sorted(s.requests) {
		p.sample(fmt.Sprintf("shop_http_requests_total{path=%q}", path), float64(s.requests[path].Load()))
	}
	for _, name := range sorted(s.dbs) {
		stats := s.dbs[name].Stats()
		label := fmt.Sprintf("{db_name=%q}", name)
		for _, gauge := range []struct {
			name, kind, help string
			value            float64
		}{
			{"go_sql_max_open_connections", "gauge", "Most connections the pool may open.", float64(stats.MaxOpenConnections)},
			{"go_sql_open_connections", "gauge", "Open connections.", float64(stats.OpenConnections)},
			{"go_sql_in_use_connections", "gauge", "Connections in use.", float64(stats.InUse)},
			{"go_sql_idle_connections", "gauge", "Idle connections.", float64(stats.Idle)},
			{"go_sql_wait_count_total", "counter", "Times a connection was waited for.", float64(stats.WaitCount)},
			{"go_sql_wait_duration_seconds_total", "counter", "Time spent waiting for a connection.", stats.WaitDuration.Seconds()},
		} {
			p.header(gauge.name, gauge.kind, gauge.help)
			p.sample(gauge.name+label, gauge.value)
		}
	}
}

func sorted[V any](byName map[string]V) []string {
	var names []string
	for name := range byName {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
