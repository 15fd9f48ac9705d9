using System.Globalization;

namespace Gantry.Cli.Terminal;

/// <summary>Times in the user's local time zone.</summary>
public static class Moments
{
    public static string Full(DateTimeOffset at, TimeProvider time) =>
        Local(at, time).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Day(DateTimeOffset at, TimeProvider time) =>
        Local(at, time).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string Clock(DateTimeOffset at, TimeProvider time) =>
        Local(at, time).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static DateTimeOffset Local(DateTimeOffset at, TimeProvider time) => TimeZoneInfo.ConvertTime(at, time.LocalTimeZone);
}
