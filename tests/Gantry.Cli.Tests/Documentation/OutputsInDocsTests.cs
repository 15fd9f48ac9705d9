using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gantry.Cli.Tests.Documentation;

/// <summary>
/// Outputs that documents show are those of tests: a comment <c>golden: FILE</c> before a console block names the file, and
/// <c>UPDATE_GOLDEN=1</c> rewrites the block, below its first line, which is the command.
/// </summary>
public sealed partial class OutputsInDocsTests
{
    [Fact]
    public void Outputs_are_those_of_the_golden_files()
    {
        var tests = Path.GetFullPath(Path.Combine(Here(), ".."));
        var docs = Path.GetFullPath(Path.Combine(tests, "..", "..", "docs"));
        var shown = 0;
        foreach (var document in Directory.GetFiles(docs, "*.md"))
        {
            var text = File.ReadAllText(document).ReplaceLineEndings("\n");
            var fresh = Block()
                .Replace(
                    text,
                    block =>
                    {
                        shown++;
                        var output = File.ReadAllText(Path.Combine(tests, block.Groups["file"].Value)).ReplaceLineEndings("\n");
                        return $"{block.Groups["head"].Value}{output.TrimEnd('\n')}\n```\n";
                    }
                );
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is "1" && fresh != text)
            {
                File.WriteAllText(document, fresh);
            }

            Assert.Equal(fresh, File.ReadAllText(document).ReplaceLineEndings("\n"));
        }

        Assert.True(shown >= 6, $"{shown} blocks");
    }

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(
        "(?<head><!-- golden: (?<file>[^ ]+) -->\n```console\n\\$ [^\n]*\n)(?s:.*?)\n```\n",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Block();
}
