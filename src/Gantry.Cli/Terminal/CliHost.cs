using Gantry.Cli.Lab;

namespace Gantry.Cli.Terminal;

/// <summary>The process environment of a command. Tests supply their own.</summary>
/// <param name="In">Input for secrets, which must not be on the command line.</param>
/// <param name="Out">The result only.</param>
/// <param name="Error">Progress and messages.</param>
/// <param name="Interactive">Whether <paramref name="Error"/> is an interactive terminal.</param>
/// <param name="Home">The user's home folder.</param>
public sealed record CliHost(
    TextReader In,
    TextWriter Out,
    TextWriter Error,
    bool Interactive,
    TimeProvider Time,
    Func<string, string?> Environment,
    string Home
)
{
    private const int LeastWidth = 40;

    /// <summary>The process's own streams, clock and environment.</summary>
    public static CliHost OfProcess() =>
        new(
            Console.In,
            Console.Out,
            Console.Error,
            !Console.IsErrorRedirected && !IsDumb,
            TimeProvider.System,
            System.Environment.GetEnvironmentVariable,
            System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile)
        )
        {
            Width =
                Console.IsOutputRedirected || IsDumb || Console.WindowWidth <= 0
                    ? null
                    : Math.Max(Console.WindowWidth, LeastWidth),
            Colors = !Console.IsOutputRedirected && !IsDumb && !HasNoColor(System.Environment.GetEnvironmentVariable),
            Screen = () =>
                (Console.WindowWidth, Console.WindowHeight) is (> 0, > 0) and var (columns, rows)
                    ? (Math.Max(columns, LeastWidth), rows)
                    : (80, 24),
            Lab = new Lazy<ILabPart?>(LabPart.Find),
        };

    /// <summary>The emulated data centre, loaded when it is needed; <c>null</c> in a build without it.</summary>
    public Lazy<ILabPart?> Lab { get; init; } = new((ILabPart?)null);

    /// <summary>Wraps the handler that sends requests to a console.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> AroundTransport { get; init; } = handler => handler;

    /// <summary>Columns of the terminal for results; <c>null</c> when they go to a file or another program.</summary>
    public int? Width { get; init; }

    /// <summary>Columns and rows of the terminal for progress.</summary>
    public Func<(int Columns, int Rows)> Screen { get; init; } = () => (80, 24);

    /// <summary>Whether results may be coloured.</summary>
    public bool Colors { get; init; }

    /// <summary>Whether progress, which goes to <see cref="Error"/>, may be coloured.</summary>
    public bool ProgressColors => !HasNoColor(Environment);

    /// <summary>The default data folder of <c>gantry up</c>.</summary>
    public string DefaultDataFolder =>
        Path.Combine(
            Environment("XDG_DATA_HOME") is { Length: > 0 } folder ? folder : Path.Combine(Home, ".local", "share"),
            "gantry"
        );

    /// <summary>The file of contexts.</summary>
    public string ConfigFile =>
        Environment("GANTRY_CONFIG") is { Length: > 0 } file
            ? file
            : Path.Combine(
                Environment("XDG_CONFIG_HOME") is { Length: > 0 } folder ? folder : Path.Combine(Home, ".config"),
                "gantry",
                "config.yaml"
            );

    private static bool IsDumb => System.Environment.GetEnvironmentVariable("TERM") is null or "dumb";

    // https://no-color.org: any value that is not empty turns colours off.
    private static bool HasNoColor(Func<string, string?> environment) => environment("NO_COLOR") is { Length: > 0 };
}
