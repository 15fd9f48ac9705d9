using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace Gantry.Architecture.Tests;

/// <summary>The systemd units of <c>deploy/systemd</c>.</summary>
public sealed class UnitTests
{
    private const long MiB = 1024 * 1024;

    public static TheoryData<string> Units =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "deploy", "systemd"), "*.service")
                .Select(file => Path.GetFileName(file)),
        ];

    [Theory]
    [MemberData(nameof(Units))]
    public async Task A_unit_exposes_no_more_than_2_0_of_10(string unit)
    {
        var start = new ProcessStartInfo("systemd-analyze")
        {
            ArgumentList =
            {
                "security",
                "--offline=true",
                "--threshold=20",
                "--no-pager",
                Path.Combine(Repository.Root, "deploy", "systemd", unit),
            },
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        Process analysis;
        try
        {
            analysis = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("systemd-analyze is not installed");
            return;
        }

        var table = await analysis.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await analysis.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(analysis.ExitCode == 0, table);
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_ends_the_heap_below_the_memory_of_the_process_and_below_the_default_of_the_program(string unit)
    {
        var settings = File.ReadLines(Path.Combine(Repository.Root, "deploy", "systemd", unit))
            .Select(line => line.Split('=', 2))
            .Where(parts => parts.Length is 2)
            .ToLookup(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        var heap = Convert.ToInt64(
            Assert.Single(settings["Environment"]).Replace("DOTNET_GCHeapHardLimit=", "", StringComparison.Ordinal),
            16
        );
        var memory = Bytes(Assert.Single(settings["MemoryMax"]));

        Assert.InRange(heap, 256 * MiB, memory - (256 * MiB));
        Assert.InRange(heap, 0, HeapLimitOfTheProgram() - 1);
    }

    private static long HeapLimitOfTheProgram() =>
        XDocument
            .Load(Path.Combine(Repository.Root, "src", "Gantry", "Gantry.csproj"))
            .Descendants("RuntimeHostConfigurationOption")
            .Where(option => option.Attribute("Include")!.Value is "System.GC.HeapHardLimit")
            .Select(option => long.Parse(option.Attribute("Value")!.Value, CultureInfo.InvariantCulture))
            .Single();

    private static long Bytes(string size) =>
        long.Parse(size[..^1], CultureInfo.InvariantCulture) * (size[^1] is 'G' ? 1024 * MiB : MiB);
}
