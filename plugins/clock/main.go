// Command clock serves tools for the current time and for time zones.
package main

import (
	"context"
	"fmt"
	"time"
	_ "time/tzdata"

	squadron "github.com/mlund01/squadron-sdk"
)

type nowInput struct {
	Zone string `json:"zone,omitempty" jsonschema_description:"IANA time zone, e.g. Europe/Paris; default: the configured zone"`
}

type convertInput struct {
	Time string `json:"time" jsonschema:"required" jsonschema_description:"RFC 3339 timestamp, or a local time, e.g. 2026-03-29 02:30"`
	From string `json:"from,omitempty" jsonschema_description:"IANA time zone of a local time, e.g. Europe/Paris; default: the configured zone"`
	To   string `json:"to" jsonschema:"required" jsonschema_description:"IANA time zone to convert to, e.g. Asia/Tokyo"`
}

type betweenInput struct {
	Start string `json:"start" jsonschema:"required" jsonschema_description:"RFC 3339 timestamp, or a local time, e.g. 2026-03-29 02:30"`
	End   string `json:"end" jsonschema:"required" jsonschema_description:"RFC 3339 timestamp, or a local time, e.g. 2026-04-01 09:00"`
	Zone  string `json:"zone,omitempty" jsonschema_description:"IANA time zone of local times, e.g. Europe/Paris; default: the configured zone"`
}

type moment struct {
	Time    string `json:"time"`
	Zone    string `json:"zone"`
	Weekday string `json:"weekday"`
	Week    int    `json:"week" jsonschema_description:"ISO 8601 week of the year"`
	Unix    int64  `json:"unix"`
}

type span struct {
	Seconds int64  `json:"seconds"`
	Text    string `json:"text"`
	Days    int    `json:"days" jsonschema_description:"calendar days between the two dates"`
}

type clock struct{ home *time.Location }

func (c *clock) zone(name string) (*time.Location, error) {
	if name == "" {
		return c.home, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone; use names such as Europe/Paris or UTC", name)
	}
	return zone, nil
}

func (c *clock) parse(text, zone string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	local, err := c.zone(zone)
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a valid time; write it like 2026-03-29 02:30 or 2026-03-29T02:30:00Z", text)
}

func show(t time.Time) moment {
	_, week := t.ISOWeek()
	return moment{t.Format(time.RFC3339), t.Location().String(), t.Weekday().String(), week, t.Unix()}
}

func (c *clock) now(_ context.Context, in nowInput) (moment, error) {
	zone, err := c.zone(in.Zone)
	if err != nil {
		return moment{}, err
	}
	return show(time.Now().In(zone)), nil
}

func (c *clock) convert(_ context.Context, in convertInput) (moment, error) {
	t, err := c.parse(in.Time, in.From)
	if err != nil {
		return moment{}, err
	}
	zone, err := c.zone(in.To)
	if err != nil {
		return moment{}, err
	}
	return show(t.In(zone)), nil
}

func (c *clock) between(_ context.Context, in betweenInput) (span, error) {
	start, err := c.parse(in.Start, in.Zone)
	if err != nil {
		return span{}, err
	}
	end, err := c.parse(in.End, in.Zone)
	if err != nil {
		return span{}, err
	}
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	days := int(day(end).Sub(day(start)).Hours() / 24)
	return span{int64(end.Sub(start).Seconds()), end.Sub(start).String(), days}, nil
}

func main() {
	app := squadron.New()
	c := &clock{time.Local}
	app.Configure(func(settings map[string]string) error {
		zone, err := c.zone(settings["zone"])
		if err == nil {
			c.home = zone
		}
		return err
	})
	squadron.Tool(app, "now", "Get the current date and time in a time zone, with weekday, ISO week and Unix timestamp. Use it whenever the answer depends on today's date or the current time.", c.now)
	squadron.Tool(app, "convert", "Convert a time to another time zone. Accepts RFC 3339 timestamps, or local times such as 2026-03-29 02:30 together with `from`.", c.convert)
	squadron.Tool(app, "between", "Calculate the time between two moments, in seconds, as text and in calendar days. Negative if `end` is before `start`.", c.between)
	app.Serve()
}
