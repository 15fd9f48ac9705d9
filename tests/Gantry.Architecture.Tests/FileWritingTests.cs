using System.Text.RegularExpressions;

namespace Gantry.Architecture.Tests;

/// <summary>
/// A process can be killed at any moment. A file that is written in place is half a file then, so what the products keep is written beside
/// it and renamed (<c>SecretFiles</c>, <c>PrivateFiles</c>, <c>Credentials</c>), or is in a database.
/// </summary>
public sealed partial class FileWritingTests
{
    // Writes a file to see whether it can, and deletes it.
    private const string DiskCheck = "src/Gantry.Gateway/Sync/DataFolder.cs";

    [Fact]
    public void No_product_writes_a_file_in_place()
    {
        var inPlace = Repository
            .In("src")
            .SelectMany(project => Repository.SourcesOf(project.Name))
            .Where(file => !file.EndsWith(DiskCheck, StringComparison.Ordinal))
            .SelectMany(file =>
                InPlace().Matches(File.ReadAllText(file)).Select(found => $"{Path.GetFileName(file)}: {found.Value}")
            );

        Assert.Empty(inPlace);
    }

    [GeneratedRegex(
        @"File\.(WriteAll|AppendAll|AppendText|CreateText|Create\(|OpenWrite)\w*|FileMode\.(Create|Truncate|Append)\b"
    )]
    private static partial Regex InPlace();
}
