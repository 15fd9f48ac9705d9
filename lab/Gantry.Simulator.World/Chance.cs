namespace Gantry.Simulator;

/// <summary>
/// Order-independent random numbers: the same arguments give the same number in every run of a seed, whatever else is removed
/// from the run. This keeps the rest of a run unchanged while it is shrunk.
/// </summary>
public readonly struct Chance(ulong seed)
{
    private readonly ulong _seed = Mix(seed + 0x9E3779B97F4A7C15);

    /// <summary>A number of at least 0 and below 1.</summary>
    public double Of(string about, long first = 0, long second = 0) => (Bits(about, first, second) >> 11) * (1.0 / (1UL << 53));

    public double Between(double from, double to, string about, long first = 0, long second = 0) =>
        from + ((to - from) * Of(about, first, second));

    public TimeSpan Seconds(double from, double to, string about, long first = 0, long second = 0) =>
        TimeSpan.FromMilliseconds(Math.Floor(Between(from, to, about, first, second) * 1000));

    public int Below(int end, string about, long first = 0, long second = 0) => (int)(Of(about, first, second) * end);

    public bool Is(double likelihood, string about, long first = 0, long second = 0) => Of(about, first, second) < likelihood;

    private ulong Bits(string about, long first, long second)
    {
        var hash = _seed;
        foreach (var letter in about)
        {
            hash = (hash ^ letter) * 0x100000001B3;
        }

        return Mix(Mix(hash ^ (ulong)first) + (ulong)second);
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

/// <summary>Sequential random numbers, for draws made once, before a run begins.</summary>
public sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public double Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var value = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return ((value ^ (value >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    public int Below(int end) => (int)(Next() * end);

    public bool Is(double likelihood) => Next() < likelihood;

    public TimeSpan Between(TimeSpan from, TimeSpan to) =>
        from + TimeSpan.FromSeconds(Math.Floor((to - from).TotalSeconds * Next()));

    public T Of<T>(params IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
