package server

import (
	"bytes"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const clockTicks = 100 // USER_HZ of every Linux that Go runs on

// process writes what Linux knows about this process. What cannot be read is left out, as the Go client does.
func (p *page) process() {
	if open, err := OpenFiles(); err == nil {
		p.one("process_open_fds", "gauge", "Open file descriptors.", float64(open))
	}
	if soft, ok := limit(syscall.RLIMIT_NOFILE); ok {
		p.one("process_max_fds", "gauge", "Most file descriptors the process may open.", soft)
	}
	if soft, ok := limit(syscall.RLIMIT_AS); ok {
		p.one("process_virtual_memory_max_bytes", "gauge", "Most address space the process may use.", soft)
	}
	fields, ok := statFields()
	boot, booted := bootTime()
	if !ok || !booted {
		return
	}
	// Field numbers of proc_pid_stat(5), counted from the state, which is field 3.
	user, system, started, virtual, resident := fields[14-3], fields[15-3], fields[22-3], fields[23-3], fields[24-3]
	p.one("process_cpu_seconds_total", "counter", "CPU time used.", (user+system)/clockTicks)
	p.one("process_resident_memory_bytes", "gauge", "Memory in RAM.", resident*float64(os.Getpagesize()))
	p.one("process_start_time_seconds", "gauge", "Start of the process, Unix seconds.", boot+started/clockTicks)
	p.one("process_virtual_memory_bytes", "gauge", "Address space in use.", virtual)
}

// OpenFiles counts this process's open file descriptors, without the one that the counting takes.
func OpenFiles() (int, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	return len(entries) - 1, err
}

func limit(resource int) (float64, bool) {
	var value syscall.Rlimit
	if err := syscall.Getrlimit(resource, &value); err != nil {
		return 0, false
	}
	if value.Cur == math.MaxUint64 {
		return -1, true // the Go client's word for "no limit"
	}
	return float64(value.Cur), true
}

func statFields() ([]float64, bool) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return nil, false
	}
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // the name before it may hold spaces
	fields := make([]float64, len(words))
	for i, word := range words {
		fields[i], _ = strconv.ParseFloat(word, 64) // the state is a letter and not asked for
	}
	return fields, len(fields) > 24-3
}

func bootTime() (float64, bool) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	_, after, found := strings.Cut(string(text), "\nbtime ")
	line, _, _ := strings.Cut(after, "\n")
	seconds, err := strconv.ParseFloat(line, 64)
	return seconds, found && err == nil
}
