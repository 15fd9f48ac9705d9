using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Gantry.Clusters.Model;

/// <summary>A number of machines of a pool, or a share of them: <c>1</c>, <c>25%</c>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MachineAmount : ITextValue<MachineAmount>
{
    private readonly int _number;
    private readonly bool _isShare;

    private MachineAmount(int number, bool isShare)
    {
        _number = number;
        _isShare = isShare;
    }

    public static string Is => "a number of machines";

    public static string Write => $"a number up to {MachinePool.MostMachines}, or a share such as 25%";

    public bool IsZero => _number is 0;

    public static bool TryParse([NotNullWhen(true)] string? text, out MachineAmount value)
    {
        var share = text is not null && text.EndsWith('%');
        var read =
            int.TryParse(share ? text![..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= MachinePool.MostMachines;
        value = read ? new MachineAmount(number, share) : default;
        return read;
    }

    /// <param name="size">The size of the pool.</param>
    public int RoundedUp(int size) => _isShare ? (int)Math.Ceiling(size * _number / 100.0) : _number;

    /// <inheritdoc cref="RoundedUp"/>
    public int RoundedDown(int size) => _isShare ? (int)Math.Floor(size * _number / 100.0) : _number;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{_number}{(_isShare ? "%" : "")}");
}
