namespace Gantry.Cli.Terminal;

/// <summary>The text form of durations: <c>90s</c>, <c>15m</c>, <c>1h30m</c>.</summary>
public static class Durations
{
    public static ValueForm<TimeSpan> Form { get; } = new("a duration", "90s, 15m or 1h30m", TryParse) { HelpName = "TIME" };

    public static string Short(TimeSpan span) =>
        span switch
        {
            { TotalSeconds: < 0 } => "0s",
            { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds}s",
            { TotalHours: < 1 } => $"{span.Minutes}m{span.Seconds:00}s",
            { TotalDays: < 1 } => $"{span.Hours}h{span.Minutes:00}m",
            _ => $"{(int)span.TotalDays}d{span.Hours}h",
        };

    /// <summary>A rounded duration: <c>40 s</c>, <c>35 min</c>, <c>2 h 20 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Rough(double seconds) =>
        seconds switch
        {
            < 1 => "1 s",
            < 90 => $"{Math.Round(seconds)} s",
            < 89.5 * 60 => $"{Math.Round(seconds / 60)} min",
            < 23.5 * 3600 => Two(Math.Round(seconds / 60), 60, "h", "min"),
            _ => Two(Math.Round(seconds / 3600), 24, "d", "h"),
        };

    /// <returns>Whether the text is one or more numbers, each followed by d, h, m or s.</returns>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = TimeSpan.Zero;
        var number = -1L;
        foreach (var letter in text)
        {
            if (char.IsAsciiDigit(letter))
            {
                number = (Math.Max(number, 0) * 10) + (letter - '0');
                if (number > int.MaxValue)
                {
                    return false;
                }

                continue;
            }

            var seconds = letter switch
            {
                's' => 1L,
                'm' => 60L,
                'h' => 3600L,
                'd' => 86400L,
                _ => 0L,
            };
            if (seconds == 0 || number < 0)
            {
                return false;
            }

            span += TimeSpan.FromSeconds(number * seconds);
            number = -1;
        }

        return number < 0 && text.Length > 0;
    }

    private static string Two(double small, int perLarge, string large, string unit)
    {
        var rest = small % perLarge;
        return rest == 0 ? $"{small / perLarge:0} {large}" : $"{Math.Floor(small / perLarge):0} {large} {rest:0} {unit}";
    }
}
